"""What people do with an alert, alone and at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from tests.builders import anomaly
from tests.vigil_in_memory import PAGER, VigilInMemory
from vigil.errors import InvalidRequest, PreconditionFailed, TransientError
from vigil.model.alert import Alert, AlertStatus
from vigil.model.incident import IncidentStatus
from vigil.ports import Write
from vigil.stores.queries import ALERT_HISTORY, ALERTS
from vigil.stores.tenant_store import TenantStore

PEOPLE = [f"person-{number}" for number in range(8)]


def told_of_one() -> VigilInMemory:
    """Return an installation with one alert, of which the pager has been told."""
    vigil = VigilInMemory()
    vigil.strike(anomaly())
    vigil.workflows.manage_alerts.deliver()
    return vigil


def alert(vigil: VigilInMemory) -> Alert:
    [stored] = vigil.store.alerts.query(ALERTS)
    return stored.value


def acknowledge(vigil: VigilInMemory, by: str = "ada") -> Alert | None:
    actions = vigil.workflows.alert_actions
    return actions.acknowledge(vigil.store, alert(vigil).alert_id, by=by)


def resolve(vigil: VigilInMemory, by: str = "ada", note: str | None = None) -> Alert | None:
    actions = vigil.workflows.alert_actions
    return actions.resolve(vigil.store, alert(vigil).alert_id, by=by, note=note)


def history(vigil: VigilInMemory) -> list[tuple[str, str]]:
    changes = vigil.store.history(alert(vigil).alert_id).query(ALERT_HISTORY)
    # A repeat that was folded in is a revision, but no step in the alert's life.
    revisions = [s.value.revision for s in changes]
    assert revisions == sorted(set(revisions))
    return [(stored.value.status, stored.value.by) for stored in changes]


@pytest.mark.parametrize("action", [acknowledge, resolve])
def test_doing_it_again_changes_nothing(
    action: Callable[[VigilInMemory, str], Alert | None],
) -> None:
    with told_of_one() as vigil:
        first = action(vigil, "ada")
        commits, events = len(vigil.documents.commits), len(vigil.bus.published)
        vigil.clock.advance(60)

        assert action(vigil, "grace") == first == alert(vigil)
        assert len(vigil.documents.commits) == commits
        assert len(vigil.bus.published) == events


def test_g5_a_life_is_open_acknowledged_resolved_and_never_back() -> None:
    with told_of_one() as vigil:
        acknowledge(vigil, "ada")
        vigil.strike(anomaly(anomaly_id="v1-b", detected_at=anomaly().detected_at))
        resolve(vigil, "grace")
        with pytest.raises(InvalidRequest):
            acknowledge(vigil, "ada")
        vigil.settle(20 * 60)

        assert history(vigil) == [
            ("open", "vigil"),
            ("acknowledged", "ada"),
            ("resolved", "grace"),
        ]
        assert alert(vigil).anomaly_count == 2
        assert alert(vigil).acknowledged_by == "ada"


def test_resolving_ends_the_incident_and_tells_everybody_once() -> None:
    with told_of_one() as vigil:
        resolve(vigil)
        incident = vigil.store.incidents.get(alert(vigil).incident_id)
        vigil.settle(20 * 60)

        assert incident is not None
        assert incident.value.status is IncidentStatus.RESOLVED
        assert incident.value.resolved_by == "ada"
        assert len(vigil.bus.of_type("alert_resolved")) == 1
        assert len(vigil.bus.of_type("incident_resolved")) == 1
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_g4_a_note_is_redacted_wherever_it_is_kept_or_told() -> None:
    secret = "kQ7-canary-pw"
    with told_of_one() as vigil:
        resolve(vigil, note=f"set password={secret} again")
        vigil.settle(1)

        assert alert(vigil).resolution_note is not None
        assert "set password=" in str(alert(vigil).resolution_note)
        assert secret not in repr(vigil.documents.commits)
        assert secret not in repr(vigil.notifier.sent)
        assert secret not in repr(vigil.bus.published)


def test_acknowledging_tells_no_channel_that_was_added_since() -> None:
    with told_of_one() as vigil:
        tenant = vigil.registry.tenant("acme")
        assert tenant is not None
        added = replace(PAGER, channel_id="added")
        vigil.registry.change_tenant(replace(tenant, channels=(PAGER, added)))
        vigil.clock.advance(61)
        acknowledge(vigil)
        vigil.workflows.manage_alerts.deliver()

        assert vigil.notifier.told() == [("pager", "opened")]


@pytest.mark.parametrize("alert_id", ["v1-unknown", "a" * 128])
def test_an_alert_that_is_not_there_is_none(alert_id: str) -> None:
    with told_of_one() as vigil:
        actions = vigil.workflows.alert_actions
        assert actions.acknowledge(vigil.store, alert_id, by="ada") is None
        assert actions.resolve(vigil.store, alert_id, by="ada", note=None) is None


def test_d02_another_tenants_alert_is_not_there() -> None:
    with told_of_one() as vigil:
        theirs = TenantStore(vigil.database, "globex")
        actions = vigil.workflows.alert_actions

        assert actions.resolve(theirs, alert(vigil).alert_id, by="eve", note=None) is None
        assert alert(vigil).status is AlertStatus.OPEN


def test_eight_people_who_acknowledge_at_once_all_succeed_and_the_first_stays() -> None:
    with told_of_one() as vigil:
        barrier = Barrier(len(PEOPLE))

        def at_once(person: str) -> Alert | None:
            barrier.wait(10)
            return acknowledge(vigil, person)

        with ThreadPoolExecutor(len(PEOPLE)) as pool:
            answers = list(pool.map(at_once, PEOPLE))

        assert answers == [alert(vigil)] * len(PEOPLE)
        assert alert(vigil).acknowledged_by in PEOPLE
        assert [status for status, _ in history(vigil)] == ["open", "acknowledged"]
        assert len(vigil.bus.of_type("alert_acknowledged")) == 1


def test_acknowledging_and_resolving_at_once_leave_a_path() -> None:
    with told_of_one() as vigil:

        def resolve_first(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            resolve(vigil, "grace")

        vigil.documents.before = resolve_first
        with pytest.raises(InvalidRequest):
            acknowledge(vigil, "ada")
        assert history(vigil) == [("open", "vigil"), ("resolved", "grace")]


def test_an_action_that_always_loses_says_so() -> None:
    with told_of_one() as vigil:

        def lose(_writes: Sequence[Write]) -> None:
            raise PreconditionFailed("somebody else")

        vigil.documents.before = lose
        with pytest.raises(TransientError):
            acknowledge(vigil)


def test_b03_an_action_whose_reply_was_lost_is_done_once_when_it_is_repeated() -> None:
    with told_of_one() as vigil:

        def lose_the_reply(_writes: Sequence[Write]) -> None:
            vigil.documents.after = lambda writes: None
            raise TransientError("the reply was lost")

        vigil.documents.after = lose_the_reply
        with pytest.raises(TransientError):
            resolve(vigil)
        vigil.clock.now += timedelta(seconds=5)
        resolve(vigil)
        vigil.settle(5)

        assert history(vigil) == [("open", "vigil"), ("resolved", "ada")]
        assert len(vigil.bus.of_type("alert_resolved")) == 1
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]
