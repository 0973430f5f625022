"""An event: what other agents hear of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What can have happened."""

    ANOMALY_DETECTED = "anomaly_detected"
    ALERT_RECEIVED = "alert_received"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_RESOLVED = "incident_resolved"
    INCIDENT_REOPENED = "incident_reopened"
    ALERT_CREATED = "alert_created"
    ALERT_ACKNOWLEDGED = "alert_acknowledged"
    ALERT_RESOLVED = "alert_resolved"
    ANALYSIS_REQUESTED = "analysis_requested"
    ANALYSIS_COMPLETED = "analysis_completed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a tenant.

    `subject` is the thing in the shape in which the API shows it.
    `event_id` comes from what happened, so that a second publication is the same event. `shadow`
    says that its tenant was in shadow mode: nobody is to be woken by it.
    """

    event_type: EventType
    event_id: str
    tenant_id: str
    occurred_at: datetime
    subject_kind: str
    subject: dict[str, object]
    service: str = ""
    severity: str = ""
    shadow: bool = False
