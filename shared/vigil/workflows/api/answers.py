"""The answers of the API, for its OpenAPI document.

The rooms make the JSON of their nouns; a test holds every answer to these models, key by key.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vigil.model.alert import AlertStatus
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.workflows.api.incident_answers import CallNodeJson, IncidentJson, LinkJson, MomentJson
from vigil.workflows.error_shape import STATUSES


def _one_of(kind: type[StrEnum]) -> Any:
    return Field(json_schema_extra={"enum": [each.value for each in kind]})


_Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_Severity = Annotated[str, _one_of(Severity)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Success(_Answer):
    """What every answer but an error begins with."""

    status: Literal["success"]


class ErrorDetail(_Answer):
    """What went wrong: the code is for programs, the message for people."""

    code: str = Field(json_schema_extra={"enum": list(STATUSES)})
    message: str


class ErrorAnswer(_Answer):
    """The one shape of every error."""

    status: Literal["error"]
    error: ErrorDetail


class AnomalyJson(_Answer):
    """A window of a series that strayed from what is usual."""

    anomaly_id: str
    anomaly_type: Annotated[str, _one_of(AnomalyType)]
    severity: _Severity
    service: str
    description: str
    gemini_analysis: str | None
    evidence_count: int
    metrics: dict[str, float]
    detected_at: _Instant
    confidence_score: float
    recommended_actions: list[str]


class AlertJson(_Answer):
    """A condition that people should know of; one that was opened in `shadow` mode was not told."""

    alert_id: str
    anomaly: AnomalyJson
    notification_channels: list[str]
    created_at: _Instant
    acknowledged_at: _Instant | None
    resolved_at: _Instant | None
    duration_seconds: int
    is_active: bool
    escalated: bool
    incident_id: str
    status: Annotated[str, _one_of(AlertStatus)]
    severity: _Severity
    title: str
    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str]
    anomaly_count: int
    acknowledged_by: str | None
    resolved_by: str | None
    resolution_note: str | None
    updated_at: _Instant
    revision: int
    shadow: bool = False
    url: str | None


class AlertChangeJson(_Answer):
    """One step in the life of an alert."""

    revision: int
    status: str
    changed_at: _Instant
    by: str
    note: str


class NotificationJson(_Answer):
    """One telling of one change of an alert to one channel."""

    key: str
    channel_id: str
    transition: str
    status: str
    attempts: int
    created_at: _Instant
    sent_at: _Instant | None
    reason: str | None


class AlertsAnswer(Success):
    """Alerts, newest first; `active_alerts` is how many of those listed still stand."""

    active_alerts: int
    alerts: list[AlertJson]


class AlertAnswer(Success):
    """An alert after it was acknowledged or resolved."""

    alert: AlertJson


class AlertStoryAnswer(AlertAnswer):
    """A whole alert: what became of it, its incident, and who was told."""

    history: list[AlertChangeJson]
    incident: IncidentJson | None
    notifications: list[NotificationJson]


class IncidentsAnswer(Success):
    """Incidents, newest first; those that stand unless another status was asked for."""

    active_incidents: list[IncidentJson]


class IncidentAnswer(Success):
    """An incident after it was resolved or reopened."""

    incident: IncidentJson


class IncidentStoryAnswer(IncidentAnswer):
    """A whole incident with the anomalies that are still kept of it, in the order they struck.

    `timeline` tells what happened, `calls` who calls the root cause; `links` lead to its logs and
    traces where a project is known.
    """

    anomalies: list[AnomalyJson]
    timeline: list[MomentJson]
    calls: CallNodeJson
    links: list[LinkJson]


class MetricsJson(_Answer):
    """What was done since the tenant came, and what stands now.

    Streams are those that are active. Batches that wait are counted for the whole installation.
    Counts of what stands end at 1000. `false_positive_rate` is the share of noise in what people
    said of anomalies in the last 30 days, null if nobody said anything.
    """

    logs_processed: int
    batches_created: int
    anomalies_detected: int
    alerts_generated: int
    gemini_api_calls: int
    active_streams: int
    active_anomalies: int
    active_alerts: int
    pending_batches: int
    processing_batches: int
    false_positive_rate: float | None


class OutcomesJson(_Answer):
    """What became of every entry: `received` is the sum of the six after it, if `balanced`."""

    received: int
    processed: int
    duplicate: int
    filtered: int
    rate_limited: int
    invalid: int
    dead_lettered: int
    late: int
    balanced: bool


class MetricsAnswer(Success):
    """The tenant's figures."""

    metrics: MetricsJson
    outcomes: OutcomesJson
    timestamp: _Instant


class HealthAnswer(_Answer):
    """Whether this instance can do its work."""

    status: Literal["healthy", "unhealthy"]
    checks: dict[str, Literal["ok", "failed"]]


def documented(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` of a route that answers with `model`."""
    return {200: {"model": model}}


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "Refused; the message says why"},
    "5XX": {"model": ErrorAnswer, "description": "Failed here; nothing was done by halves"},
}
