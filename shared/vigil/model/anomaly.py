"""An anomaly: a window of a series that strayed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.series import Series
from vigil.model.severity import Severity


class AnomalyType(StrEnum):
    """The six types that the agent's API has always known, and what others have found."""

    ERROR_SPIKE = "error_spike"
    LATENCY_INCREASE = "latency_increase"
    UNUSUAL_PATTERN = "unusual_pattern"
    RESOURCE_EXHAUSTION = "resource_exhaustion"
    SECURITY_INCIDENT = "security_incident"
    PERFORMANCE_DEGRADATION = "performance_degradation"
    RECEIVED_ALERT = "received_alert"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen: `count` entries of one template, and one of them, redacted."""

    template: str
    exemplar: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A window of a series that strayed from what is usual.

    `description` says in one sentence what was seen beside what is usual. `started_at` is the first
    entry that failed, `detected_at` the end of the window: both are event time, so the same entries
    give the same anomaly. `trace_ids` is a sample of the traces that failed, chosen by hash, so
    that the samples of two series overlap. `callers` are the series that were seen to call this
    one.
    """

    anomaly_id: str
    tenant_id: str
    anomaly_type: AnomalyType
    severity: Severity
    service: str
    endpoint: str
    description: str
    confidence: float
    window_started_at: datetime
    started_at: datetime
    detected_at: datetime
    metrics: dict[str, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    trace_ids: tuple[str, ...] = ()
    callers: tuple[Series, ...] = ()
    recommended_actions: tuple[str, ...] = ()
    analysis: str | None = None
    incident_id: str | None = None

    @property
    def series(self) -> Series:
        """The series that strayed."""
        return Series(self.service, self.endpoint)

    @property
    def is_received(self) -> bool:
        """Whether it stands for alerts that somebody else has raised."""
        return self.anomaly_type is AnomalyType.RECEIVED_ALERT

    @property
    def counts_as(self) -> int:
        """As how many it counts in an incident: one for each alert that it stands for."""
        return int(self.metrics["alerts"]) if self.is_received else 1
