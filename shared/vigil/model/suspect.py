"""A suspect: a service that may have caused an incident, and what speaks for that."""

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """What kind of evidence speaks for a suspect."""

    CALLS = "calls"
    LOGS = "logs"
    SELF_TIME = "self_time"
    SLOW_LINKS = "slow_links"
    ERRORS = "errors"
    ONSET = "onset"
    CHANGE = "change"
    DEEPEST = "deepest"


@dataclass(frozen=True, slots=True)
class Proof:
    """One sentence that speaks for a suspect, with the numbers it rests on, and its weight."""

    ground: Ground
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Suspect:
    """A service (and endpoint, where one stands out) that may be the cause.

    `confidence` (0..1) is how often such a suspect was the cause; `proofs` begin with the heaviest.
    """

    service: str
    endpoint: str
    confidence: float
    proofs: tuple[Proof, ...] = ()
