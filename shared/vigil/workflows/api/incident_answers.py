"""Incidents in the answers of the API and in events, for its OpenAPI document."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vigil.incidents.timeline import MomentKind
from vigil.model.change import ChangeKind
from vigil.model.explanation import ClaimKind, Degraded
from vigil.model.incident import IncidentStatus
from vigil.model.incident_step import StepKind
from vigil.model.received_alert import AlertSource
from vigil.model.severity import Severity
from vigil.model.suspect import Ground
from vigil.model.verdict import Verdict


def _one_of(kind: type[StrEnum]) -> Any:
    return Field(json_schema_extra={"enum": [each.value for each in kind]})


_Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RootCauseJson(_Answer):
    """What the rest of an incident follows from, and whether there is enough evidence for that.

    `confidence` (0..1) is how often a cause for which so much speaks is the right one. `verdict` is
    "likely"; "another_likelier", which is the first of the suspects; "reported" by whoever raised
    the alert; or "not_enough_evidence" to name one.
    """

    endpoint: str
    service: str
    issue: str
    description: str
    confidence: float
    verdict: Annotated[str, _one_of(Verdict)]
    reason: str


class TraceCorrelationJson(_Answer):
    """A request that failed, and what else failed in it."""

    trace_id: str | None
    correlated_failures: list[str]


class ClaimJson(_Answer):
    """A sentence of a model that the named anomalies bear out; `from_logs` may be planted."""

    kind: Annotated[str, _one_of(ClaimKind)]
    statement: str
    service: str
    evidence_ids: list[str]
    quotes: list[str]
    from_logs: bool


class ExplanationJson(_Answer):
    """What an analyst makes of an incident; advice.

    `label` is to be shown with it. `degraded` says why no model speaks in it although there is one.
    """

    author: str
    summary: str
    cause: str
    confidence: float
    evidence_ids: list[str]
    steps: list[str]
    created_at: _Instant
    label: str
    degraded: Annotated[str, _one_of(Degraded)] | None
    claims: list[ClaimJson]


class ReasonJson(_Answer):
    """Why an anomaly belongs to an incident."""

    anomaly_id: str
    reason: str


class ProofJson(_Answer):
    """A sentence that speaks for a suspect, and its weight."""

    ground: Annotated[str, _one_of(Ground)]
    text: str
    weight: float


class SuspectJson(_Answer):
    """A service that may be the cause; `confidence` is how often such a one was."""

    service: str
    endpoint: str
    confidence: float
    proofs: list[ProofJson]


class ChangeJson(_Answer):
    """What people or programs changed shortly before; `service` is "" if it was not of one."""

    change_id: str
    kind: Annotated[str, _one_of(ChangeKind)]
    service: str
    what: str
    at: _Instant


class DifferenceJson(_Answer):
    """A value that is more common among what failed than it is usually."""

    service: str
    field: str
    value: str
    share: float
    usual_share: float
    count: int
    total: int
    text: str


class ImpactJson(_Answer):
    """Whom it hit; `spread` is the order in which services were."""

    requests: int
    failed: int
    users: int | None
    user_share: float | None
    budget_burned: float | None
    spread: list[str]


class StepJson(_Answer):
    """What became of an incident, by whom and why."""

    kind: Annotated[str, _one_of(StepKind)]
    at: _Instant
    by: str
    note: str
    incident_id: str | None


class MomentJson(_Answer):
    """One thing that happened in an incident; `subject` is the id of what it is about, if any."""

    at: _Instant
    kind: Annotated[str, _one_of(MomentKind)]
    text: str
    subject: str


class CallNodeJson(_Answer):
    """A series, whether it failed, and who calls it.

    `request_share` is the part of its requests in which it calls the one below, null if unknown.
    """

    service: str
    endpoint: str
    affected: bool
    request_share: float | None
    callers: list["CallNodeJson"]


class LinkJson(_Answer):
    """An address in Google Cloud's console, for who may look at this project."""

    title: str
    project_id: str
    url: str


class ReceivedGroupJson(_Answer):
    """A group of alerts that somebody else has raised, and whether one of them still fires."""

    anomaly_id: str
    source: Annotated[str, _one_of(AlertSource)]
    name: str
    services: list[str]
    firing: bool


class IncidentJson(_Answer):
    """Anomalies that belong together, and why they do."""

    id: str
    severity: Annotated[str, _one_of(Severity)]
    title: str
    root_cause: RootCauseJson
    affected_endpoints: list[str]
    first_detected: _Instant
    trace_correlation: TraceCorrelationJson
    status: Annotated[str, _one_of(IncidentStatus)]
    started_at: _Instant
    last_detected: _Instant
    resolved_at: _Instant | None
    merged_into: str | None
    alert_id: str | None
    anomaly_ids: list[str]
    anomaly_count: int
    explanation: ExplanationJson | None
    reasons: list[ReasonJson]
    suspects: list[SuspectJson]
    changes: list[ChangeJson]
    differences: list[DifferenceJson]
    impact: ImpactJson | None
    steps: list[StepJson]
    source: Annotated[str, _one_of(AlertSource)] | None
    received_alerts: list[ReceivedGroupJson]
