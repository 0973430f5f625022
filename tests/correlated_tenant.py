"""What is kept of a tenant while its anomalies are correlated, in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.builders import NOON, anomaly
from vigil.incidents.correlation import Correlation, correlate
from vigil.incidents.relation import Surroundings
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

THRESHOLDS = Thresholds(correlation_seconds=300, quiet_seconds=900, reopen_within_seconds=0)
REOPENING = Thresholds(correlation_seconds=300, quiet_seconds=900, reopen_within_seconds=600)
SERIES = [Series(name, f"GET /{name}") for name in "abcdef"]


@dataclass
class Tenant:
    """What is kept of a tenant between two ticks."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    anomalies: dict[str, Anomaly] = field(default_factory=dict)

    thresholds: Thresholds = THRESHOLDS
    surroundings: Surroundings = field(default_factory=Surroundings)

    def tick(self, pending: Iterable[Anomaly], settled_until: datetime) -> Correlation:
        known = list(pending)
        self.anomalies |= {each.anomaly_id: each for each in known}
        correlation = correlate(
            [each for each in known if each.anomaly_id not in self.assigned],
            self.standing(),
            {each.incident_id: self.members(each) for each in self.standing()},
            settled_until=settled_until,
            thresholds=self.thresholds,
            surroundings=self.surroundings,
        )
        self.incidents |= {each.incident_id: each for each in correlation.incidents}
        self.assigned |= correlation.assigned
        return correlation

    def open(self) -> list[Incident]:
        return [i for i in self.incidents.values() if i.status is IncidentStatus.OPEN]

    def standing(self) -> list[Incident]:
        return [i for i in self.incidents.values() if i.status is not IncidentStatus.MERGED]

    def members(self, incident: Incident) -> list[Anomaly]:
        ids = [each for each, own in self.assigned.items() if own == incident.incident_id]
        return [self.anomalies[each] for each in reversed(ids)]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def strayed(name: str, seconds: float, series: Series = SERIES[0], **changes: object) -> Anomaly:
    return anomaly(
        anomaly_id=name,
        service=series.service,
        endpoint=series.endpoint,
        started_at=at(seconds - 60),
        detected_at=at(seconds),
        **changes,
    )


def settled(
    anomalies: Sequence[Anomaly], until: float = 100_000, thresholds: Thresholds = THRESHOLDS
) -> Tenant:
    tenant = Tenant(thresholds=thresholds)
    tenant.tick(anomalies, at(until))
    return tenant


def grouped(tenant: Tenant) -> set[frozenset[str]]:
    kept = (i for i in tenant.incidents.values() if i.status is not IncidentStatus.MERGED)
    return {frozenset(incident.anomaly_ids) for incident in kept}
