"""An explanation: what an analyst makes of an incident."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

AI_LABEL = "AI suggestion, may be wrong"


class ClaimKind(StrEnum):
    """What a claim is about: why it happened, what came of it, or what to look at next."""

    CAUSE = "cause"
    EFFECT = "effect"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a model that was held against the evidence it names.

    `evidence_ids` are the anomalies it rests on and `quotes` their words. `from_logs` says that it
    rests on what somebody logged, and not only on what was counted: such a text may be planted.
    """

    kind: ClaimKind
    statement: str
    service: str
    evidence_ids: tuple[str, ...]
    quotes: tuple[str, ...] = ()
    from_logs: bool = True


class Degraded(StrEnum):
    """Why an incident was explained by the statistics alone although there is a model."""

    DISABLED = "disabled"
    NO_EVIDENCE = "no_evidence"
    OVER_BUDGET = "over_budget"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    BLOCKED = "blocked"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    UNPARSEABLE = "unparseable"
    INCONCLUSIVE = "inconclusive"
    UNVERIFIED = "unverified"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an analyst makes of an incident, and who the analyst was.

    It is advice: no severity, status or route is ever read from it. `evidence_ids` name the
    anomalies it rests on. `label` is what readers have to be told with it, `degraded` why no model
    speaks in it, `claims` what a model said and the evidence bears out.
    """

    fingerprint: str
    author: str
    summary: str
    cause: str
    confidence: float
    evidence_ids: tuple[str, ...]
    steps: tuple[str, ...]
    created_at: datetime
    label: str = ""
    degraded: Degraded | None = None
    claims: tuple[Claim, ...] = ()

    @property
    def labelled_summary(self) -> str:
        """The summary where it stands alone: with what readers have to be told before it."""
        return f"{self.label}: {self.summary}" if self.label else self.summary
