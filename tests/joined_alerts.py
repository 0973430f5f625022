"""Alerts that others have raised beside what strays in the service shop, which web calls."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from tests.cascades import incidents, later, strayed
from tests.vigil_in_memory import ACME, VigilInMemory
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.series import Series
from vigil.model.severity import Severity

MINUTE = timedelta(minutes=1)
QUIET = timedelta(seconds=ACME.thresholds.quiet_seconds)
WEB = Series("web", "GET /")


def payment(name: str, minute: int = 0, severity: Severity = Severity.HIGH) -> Anomaly:
    """Return an anomaly of the payment of the service shop, which web calls."""
    return strayed(name, minute, callers=(WEB,), severity=severity)


def open_ones(vigil: VigilInMemory) -> list[Incident]:
    """Return the incidents that are not over."""
    return [each for each in incidents(vigil) if each.status is IncidentStatus.OPEN]


def of_shop(vigil: VigilInMemory) -> list[Incident]:
    """Return the incidents without those that only let time pass."""
    return [each for each in incidents(vigil) if each.root_cause.service != "mail"]


def pages(vigil: VigilInMemory) -> int:
    """Return how often somebody was woken."""
    return vigil.notifier.told().count(("pager", "opened"))


def let_pass(vigil: VigilInMemory, time: timedelta) -> None:
    """Let time pass in which nothing strays but a mail that wakes nobody."""
    vigil.clock.advance(time.total_seconds())
    now = vigil.clock()
    mail = strayed(f"mail-{now:%d%H%M%S}", service="mail", endpoint="GET /", severity=Severity.LOW)
    later(vigil, replace(mail, started_at=now, detected_at=now))


def reasons(vigil: VigilInMemory, incident: Incident) -> Mapping[AnomalyType, str]:
    """Return why its anomalies belong to it, by their types."""
    found = vigil.store.anomalies.get_all(incident.anomaly_ids)
    return {
        stored.value.anomaly_type: incident.reasons[stored.value.anomaly_id]
        for stored in found
        if stored
    }
