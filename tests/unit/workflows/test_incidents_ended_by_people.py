"""What a person has ended stays ended, and what begins afterwards pages anew (FAULTS G5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.cascades import alerts, cascade, incidents, later, resolve_alert, strayed
from tests.vigil_in_memory import VigilInMemory
from vigil.model.alert import AlertStatus
from vigil.model.incident import IncidentStatus
from vigil.model.severity import Severity
from vigil.ports import Write


def test_what_a_person_has_resolved_takes_in_earlier_windows_without_a_page() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.clock.now = NOON + timedelta(seconds=100)
        resolve_alert(vigil)
        later(vigil, *cascade(1, "b"))

        [incident] = incidents(vigil)
        assert len(incident.anomaly_ids) == 6
        assert (incident.status, incident.resolved_by) == (IncidentStatus.RESOLVED, "ada")
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_what_a_person_has_just_resolved_is_known_however_many_began_after_it() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.clock.now = NOON + timedelta(seconds=100)
        resolve_alert(vigil)
        [ended] = incidents(vigil)
        long_ago = replace(ended, resolved_at=NOON - timedelta(days=1))
        newer = [
            replace(
                long_ago,
                incident_id=f"INC-{number}",
                first_detected_at=ended.first_detected_at + timedelta(seconds=number + 1),
            )
            for number in range(60)
        ]
        puts = [vigil.store.incidents.put(each.incident_id, each) for each in newer]
        vigil.database.commit(puts)
        later(vigil, *cascade(1, "b"))

        assert len(incidents(vigil)[0].anomaly_ids) == 6
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_an_onset_after_a_person_resolved_pages_anew() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.clock.now = NOON + timedelta(seconds=100)
        resolve_alert(vigil)
        later(vigil, *cascade(4, "b"))

        assert [i.status for i in incidents(vigil)] == [
            IncidentStatus.RESOLVED,
            IncidentStatus.OPEN,
        ]
        assert vigil.notifier.told()[-1] == ("pager", "opened")
        assert len(alerts(vigil)) == 2


@pytest.mark.parametrize(("after_seconds", "pages"), [(40, 2), (10, 1)])
def test_another_endpoint_of_a_service_pages_if_it_began_after_a_person_resolved(
    after_seconds: int, pages: int
) -> None:
    with VigilInMemory() as vigil:
        first = strayed("pay")
        later(vigil, replace(first, started_at=first.detected_at))
        vigil.clock.now = first.detected_at + timedelta(seconds=30)
        resolve_alert(vigil)
        began_at = first.detected_at + timedelta(seconds=after_seconds)
        later(vigil, replace(strayed("refund", 1, endpoint="POST /refund"), started_at=began_at))

        assert vigil.notifier.told().count(("pager", "opened")) == pages


def test_g2_an_incident_that_joins_one_that_a_person_ended_still_pages_for_itself() -> None:
    mild = strayed("a", service="mail", trace_ids=("t9",), severity=Severity.MEDIUM)
    with VigilInMemory() as vigil:
        later(vigil, mild)
        later(vigil, *cascade(1, "b"))
        vigil.clock.now = NOON + timedelta(seconds=150)
        resolve_alert(vigil)
        both = strayed("c", 2, service="mail", trace_ids=("t9", "t1"), severity=Severity.HIGH)
        later(vigil, both)

        [standing] = [i for i in incidents(vigil) if i.status is IncidentStatus.OPEN]
        [active] = [alert for alert in alerts(vigil) if alert.is_active]
        assert (standing.severity, standing.alert_id) == (Severity.HIGH, active.alert_id)
        assert vigil.notifier.told()[-1] == ("pager", "opened")


def test_g5_a_person_who_resolves_while_we_correlate_wins() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())

        def resolve_first(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            resolve_alert(vigil)

        vigil.clock.now = NOON + timedelta(seconds=130)
        vigil.documents.before = resolve_first
        later(vigil, *cascade(1, "b"))

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert (incident.status, alert.status) == (IncidentStatus.RESOLVED, AlertStatus.RESOLVED)
        assert alert.resolved_by == "ada"
