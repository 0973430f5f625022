"""An incident that is not over after all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.builders import anomaly
from tests.cascades import alerts, incidents, later, strayed
from tests.vigil_in_memory import VigilInMemory
from vigil.errors import InvalidRequest
from vigil.model.alert import AlertStatus
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.incident_step import StepKind
from vigil.model.severity import Severity
from vigil.stores.queries import ALERT_HISTORY


def resolve(vigil: VigilInMemory, by: str = "ada") -> None:
    [alert] = alerts(vigil)
    vigil.workflows.alert_actions.resolve(vigil.store, alert.alert_id, by=by, note="rolled back")


def reopen(vigil: VigilInMemory, by: str = "kim", why: str | None = "fails again") -> Incident:
    [incident] = incidents(vigil)
    actions = vigil.workflows.incident_actions
    reopened = actions.reopen(vigil.store, incident.incident_id, by=by, note=why)
    assert reopened is not None
    return reopened


def ended_by_a_person() -> VigilInMemory:
    vigil = VigilInMemory()
    later(vigil, anomaly())
    resolve(vigil)
    vigil.workflows.manage_alerts.deliver()
    vigil.clock.advance(60)
    return vigil


def test_it_stands_again_and_remembers_who_ended_and_who_reopened_it() -> None:
    with ended_by_a_person() as vigil:
        reopened = reopen(vigil)
        assert incidents(vigil) == [reopened]
        assert reopened.status is IncidentStatus.OPEN
        assert (reopened.resolved_at, reopened.resolved_by) == (None, None)
        assert [(step.kind, step.by, step.note) for step in reopened.steps] == [
            (StepKind.RESOLVED, "ada", ""),
            (StepKind.REOPENED, "kim", "fails again"),
        ]


def test_its_alert_is_with_whoever_reopened_it_and_nobody_is_woken() -> None:
    with ended_by_a_person() as vigil:
        told = vigil.notifier.told()
        reopen(vigil)
        vigil.workflows.manage_alerts.deliver()
        [alert] = alerts(vigil)
        assert (alert.status, alert.acknowledged_by) == (AlertStatus.ACKNOWLEDGED, "kim")
        assert (alert.resolved_at, alert.resolution_note) == (None, None)
        assert vigil.notifier.told() == told
        history = vigil.store.history(alert.alert_id).query(ALERT_HISTORY)
        last = history[-1].value
        assert (last.status, last.by, last.note) == ("acknowledged", "kim", "fails again")


def test_doing_it_again_changes_nothing() -> None:
    with ended_by_a_person() as vigil:
        first = reopen(vigil)
        commits, events = len(vigil.documents.commits), len(vigil.bus.published)
        vigil.clock.advance(60)
        assert reopen(vigil, "grace") == first
        assert len(vigil.documents.commits) == commits
        assert len(vigil.bus.published) == events


def test_of_many_who_reopen_it_at_once_one_does() -> None:
    with ended_by_a_person() as vigil, ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: reopen(vigil, f"person-{n}"), range(8)))
        assert len({each.steps for each in done}) == 1
        assert len(vigil.bus.of_type("incident_reopened")) == 1


def test_that_it_ended_once_more_is_another_event_and_is_told_again() -> None:
    with ended_by_a_person() as vigil:
        reopen(vigil)
        vigil.clock.advance(60)
        resolve(vigil, "kim")
        vigil.workflows.manage_alerts.deliver()
        ids = {event.attributes["ce-id"] for event in vigil.bus.of_type("incident_resolved")}
        assert len(ids) == 2
        assert (
            len({event.attributes["ce-id"] for event in vigil.bus.of_type("alert_resolved")}) == 2
        )
        assert vigil.notifier.told() == [
            ("pager", "opened"),
            ("pager", "resolved"),
            ("pager", "resolved"),
        ]


def test_it_is_not_over_by_the_quiet_before_it_was_reopened_but_by_that_after() -> None:
    with VigilInMemory() as vigil:
        later(vigil, anomaly())
        vigil.settle(20 * 60)
        assert incidents(vigil)[0].status is IncidentStatus.RESOLVED
        reopened_at = vigil.clock()
        reopen(vigil)
        vigil.settle(60)
        assert incidents(vigil)[0].status is IncidentStatus.OPEN
        vigil.settle(20 * 60)
        [over] = incidents(vigil)
        assert over.status is IncidentStatus.RESOLVED
        assert over.resolved_at is not None
        assert over.resolved_at > reopened_at
        assert alerts(vigil)[0].status is AlertStatus.RESOLVED


def test_what_strays_then_joins_it() -> None:
    with ended_by_a_person() as vigil:
        reopen(vigil)
        later(vigil, strayed("again", minute=3))
        [incident] = incidents(vigil)
        assert incident.anomaly_count == 2
        assert incident.times_reopened == 1
        assert alerts(vigil)[0].anomaly_count == 2


def test_one_that_woke_nobody_is_reopened_without_an_alert() -> None:
    with VigilInMemory() as vigil:
        later(vigil, anomaly(severity=Severity.LOW))
        vigil.settle(20 * 60)
        assert reopen(vigil).status is IncidentStatus.OPEN
        assert alerts(vigil) == []


def test_one_that_became_part_of_another_is_not_reopened() -> None:
    with ended_by_a_person() as vigil:
        [kept] = vigil.store.incidents.get_all([incidents(vigil)[0].incident_id])
        assert kept is not None
        merged = _merged(kept.value)
        vigil.documents.commit([vigil.store.incidents.put(merged.incident_id, merged)])
        with pytest.raises(InvalidRequest, match="part of INC-1"):
            reopen(vigil)


def _merged(incident: Incident) -> Incident:
    return replace(incident, status=IncidentStatus.MERGED, merged_into="INC-1")


def test_an_unknown_one_is_none_and_the_reason_is_redacted() -> None:
    with ended_by_a_person() as vigil:
        actions = vigil.workflows.incident_actions
        assert actions.reopen(vigil.store, "INC-0", by="kim", note=None) is None
        reopened = reopen(vigil, why="jane.doe@example.com still sees it")
        assert "jane.doe" not in reopened.steps[-1].note
        assert "still sees it" in reopened.steps[-1].note
