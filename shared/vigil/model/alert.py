"""An alert: a condition that people should know of."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.anomaly import Anomaly
from vigil.model.severity import Severity


class AlertStatus(StrEnum):
    """Where an alert is in its life; it moves down this list, until a person brings it back."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that people should know of: one for each incident that is worth waking someone.

    `labels` identify and `annotations` describe. `anomaly` is the one blamed as the root cause when
    the alert was opened; `anomaly_count` says how many have been folded into it. `revision` grows
    by one with every change, `times_reopened` when it was resolved and a person said otherwise. One
    that was opened in `shadow` mode stays so: nobody is ever told.
    """

    alert_id: str
    tenant_id: str
    fingerprint: str
    incident_id: str
    status: AlertStatus
    severity: Severity
    title: str
    anomaly: Anomaly
    anomaly_count: int
    created_at: datetime
    updated_at: datetime
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    notification_channels: tuple[str, ...] = ()
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution_note: str | None = None
    escalated: bool = False
    revision: int = 1
    shadow: bool = False
    times_reopened: int = 0

    @property
    def is_active(self) -> bool:
        """Whether it still stands."""
        return self.status is not AlertStatus.RESOLVED
