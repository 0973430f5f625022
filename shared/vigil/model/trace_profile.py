"""What the traces of a span of time showed, summed up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeVar

from vigil.model.call import Call
from vigil.model.duration_sketch import Sketch
from vigil.model.series import Series

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


@dataclass(slots=True)
class TraceProfile:
    """Sums over traces, mergeable in any order.

    `gaps_us` has by (calling service, called service) how much longer calls took for the caller
    than for the callee. `called` has by (caller, callee), both endpoints, the calls between them.
    """

    operations: dict[Operation, Doings] = field(default_factory=dict)
    gaps_us: dict[tuple[str, str], Sketch] = field(default_factory=dict)
    called: dict[tuple[Operation, Operation], list[float]] = field(default_factory=dict)

    def merge(self, other: "TraceProfile", weight: float = 1.0) -> None:
        """Add what another has seen, each trace counting `weight` times."""
        for operation, doings in other.operations.items():
            self.operations.setdefault(operation, Doings()).add(doings, weight)
        for pair, gaps in other.gaps_us.items():
            add_counts(self.gaps_us.setdefault(pair, {}), gaps, weight)
        for between, sums in other.called.items():
            known = self.called.get(between, [0.0] * len(sums))
            self.called[between] = [a + b * weight for a, b in zip(known, sums, strict=True)]

    def decayed(self, factor: float) -> "TraceProfile":
        """Return it with each trace counting `factor` times as much."""
        faded = TraceProfile()
        faded.merge(self, factor)
        return faded

    def calls(self) -> Iterable[Call]:
        """Return the calls between endpoints."""
        for (caller, callee), (count, caller_us, callee_us, nested, calling) in self.called.items():
            yield Call(
                Series(*caller),
                Series(*callee),
                round(count),
                round(caller_us),
                round(callee_us),
                round(nested),
                round(calling),
            )


def add_counts(counts: dict[K, float], others: Mapping[K, float], weight: float = 1.0) -> None:
    """Add other counts, each counting `weight` times."""
    for key, count in others.items():
        counts[key] = counts.get(key, 0.0) + count * weight
