"""An incident: anomalies that belong together, and the one that caused the others."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vigil.model.explanation import Explanation
from vigil.model.received_alert import AlertSource
from vigil.model.series import Series
from vigil.model.severity import Severity


class IncidentStatus(StrEnum):
    """Where an incident is in its life; `merged` has become part of an earlier one."""

    OPEN = "open"
    RESOLVED = "resolved"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class RootCause:
    """The anomaly that the others follow from, how sure that is (0..1), and why it was chosen."""

    anomaly_id: str
    service: str
    endpoint: str
    issue: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Anomalies that belong together, and the series that they affect in the order of being struck.

    `anomaly_ids` names the first of its `anomaly_count` anomalies; each anomaly names its incident.
    One that somebody else has found names its `source`: it has one anomaly, which stands for all
    alerts that were received of it, and ends when its source or a person says so.
    """

    incident_id: str
    tenant_id: str
    status: IncidentStatus
    severity: Severity
    title: str
    root_cause: RootCause
    affected: tuple[Series, ...]
    anomaly_ids: tuple[str, ...]
    started_at: datetime
    first_detected_at: datetime
    last_detected_at: datetime
    trace_id: str | None = None
    correlated_failures: tuple[str, ...] = ()
    anomaly_count: int = 0
    alert_id: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    merged_into: str | None = None
    explanation: Explanation | None = None
    source: AlertSource | None = None
