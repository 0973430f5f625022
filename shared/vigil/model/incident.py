"""An incident: anomalies that belong together, and the one that caused the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.change import Change
from vigil.model.explanation import Explanation
from vigil.model.impact import Difference, Impact
from vigil.model.incident_step import IncidentStep, StepKind
from vigil.model.received_alert import AlertSource
from vigil.model.received_group import ReceivedGroup
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.suspect import Suspect

MOST_STEPS = 50


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
    `received` are the groups of alerts that others have raised of it; it does not end while one of
    them fires. One of which Vigil itself has found nothing names its `source`, and ends as soon as
    none fires.

    `reasons` says of its anomalies, by id, why they belong to it. `suspects` are the services that
    may be the cause, the likeliest first; none if there is not enough evidence. `changes` came
    shortly before it, `differences` tell its failures from what was usual, `impact` whom it hit.
    `steps` are what became of it in its life, the last MOST_STEPS, in order of time.
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
    reasons: Mapping[str, str] = field(default_factory=dict)
    suspects: tuple[Suspect, ...] = ()
    changes: tuple[Change, ...] = ()
    differences: tuple[Difference, ...] = ()
    impact: Impact | None = None
    steps: tuple[IncidentStep, ...] = ()
    received: tuple[ReceivedGroup, ...] = ()

    @property
    def is_firing(self) -> bool:
        """Whether an alert that somebody else has raised still fires."""
        return any(group.is_firing for group in self.received)

    @property
    def times_reopened(self) -> int:
        """How often it was over and then was not, as far as its steps are kept."""
        return sum(step.kind is StepKind.REOPENED for step in self.steps)

    @property
    def last_heard_at(self) -> datetime:
        """When it last strayed, or a person said that it is not over: it is quiet since then."""
        reopened = [step.at for step in self.steps if step.kind is StepKind.REOPENED]
        return max([self.last_detected_at, *reopened])
