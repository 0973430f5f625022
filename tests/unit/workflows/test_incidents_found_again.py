"""Anomalies that are found again after a lost state open and page nothing a second time."""

import pytest

from tests.cascades import alerts, cascade, incidents, later, resolve_alert, strayed
from tests.vigil_in_memory import VigilInMemory
from vigil.model.alert import AlertStatus
from vigil.model.incident import IncidentStatus
from vigil.model.severity import Severity


def forget(vigil: VigilInMemory) -> None:
    """Lose the one incident and its anomalies; its alert is left."""
    store = vigil.store
    [lost] = incidents(vigil)
    vigil.database.commit(
        [
            store.incidents.delete(lost.incident_id),
            *(store.anomalies.delete(each) for each in lost.anomaly_ids),
        ]
    )


def test_an_incident_found_again_folds_into_the_alert_that_it_had() -> None:
    with VigilInMemory() as vigil:
        later(vigil, strayed("a"))
        forget(vigil)
        later(vigil, strayed("a", severity=Severity.CRITICAL))

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert incident.alert_id == alert.alert_id
        assert alert.severity is Severity.CRITICAL
        assert vigil.notifier.told() == [("pager", "opened")]


def test_an_incident_found_again_after_a_person_resolved_its_alert_pages_nobody() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        resolve_alert(vigil)
        vigil.workflows.manage_alerts.deliver()
        forget(vigil)
        later(vigil, *cascade())

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert incident.alert_id == alert.alert_id
        assert alert.status is AlertStatus.RESOLVED
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


@pytest.mark.parametrize("severity", [Severity.MEDIUM, Severity.HIGH])
def test_anomalies_of_an_ended_incident_found_again_go_back_into_it(severity: Severity) -> None:
    with VigilInMemory() as vigil:
        found = cascade(severity=severity)
        later(vigil, *found)
        vigil.settle(20 * 60)
        vigil.settle(20 * 60)
        told = vigil.notifier.told()
        [ended] = incidents(vigil)
        later(vigil, *found)

        assert incidents(vigil) == [ended]
        assert ended.status is IncidentStatus.RESOLVED
        kept = vigil.store.anomalies.get_all([each.anomaly_id for each in found])
        assert {each.value.incident_id for each in kept if each} == {ended.incident_id}
        assert vigil.notifier.told() == told
