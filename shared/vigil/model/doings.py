"""What runs of an operation did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeVar

from vigil.model.duration_sketch import Sketch

K = TypeVar("K")

# (service, name): an endpoint, or the name of a span. Plain pairs are made several times faster
# than named ones.
Operation = tuple[str, str]


class PartKind(StrEnum):
    """What an operation can do while it runs."""

    CALL = "call"
    LOG = "log"
    COMPLAINT = "complaint"
    FAILURE = "failure"


class Part(NamedTuple):
    """Something that happened in an operation: a call of another, a line of log, a failure.

    A complaint is a line of a warning or worse. `name` is the callee's operation, or the line with
    what varies masked.
    """

    kind: PartKind
    service: str
    name: str


@dataclass(slots=True)
class Doings:
    """What `count` runs of an operation did: in how many there was each part, and its own time.

    Its own time is what is left of its duration without that of the calls it made.
    """

    count: float = 0.0
    parts: dict[Part, float] = field(default_factory=dict)
    own_us: Sketch = field(default_factory=dict)

    def add(self, other: "Doings", weight: float = 1.0) -> None:
        """Add what other runs did, each counting `weight` times."""
        self.count += other.count * weight
        add_counts(self.parts, other.parts, weight)
        add_counts(self.own_us, other.own_us, weight)


def add_counts(counts: dict[K, float], others: Mapping[K, float], weight: float = 1.0) -> None:
    """Add other counts, each counting `weight` times."""
    for key, count in others.items():
        counts[key] = counts.get(key, 0.0) + count * weight
