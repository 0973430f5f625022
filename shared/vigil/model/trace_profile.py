"""What the traces of a span of time showed, summed up."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from vigil.model.call import Call
from vigil.model.doings import Doings, add_counts
from vigil.model.series import Series
from vigil.model.trace_profile_bytes import Called, Gaps, Operations, read_profile, write_profile

# Of runs. What has faded below it tells nothing any more.
_LEAST = 0.01


@dataclass(slots=True)
class TraceProfile:
    """Sums over traces, mergeable in any order.

    `gaps_us` has by (calling service, called service) how much longer calls took for the caller
    than for the callee. `called` has by (caller, callee), both endpoints, the calls between them.
    """

    operations: Operations = field(default_factory=dict)
    gaps_us: Gaps = field(default_factory=dict)
    called: Called = field(default_factory=dict)

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
        for operation in [each for each, d in faded.operations.items() if d.count < _LEAST]:
            del faded.operations[operation]
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

    def to_bytes(self) -> bytes:
        """Return it as compressed JSON; of more than fits, what was seen oftenest."""
        return write_profile(self.operations, self.gaps_us, self.called)

    @classmethod
    def from_bytes(cls, packed: bytes) -> "TraceProfile":
        """Return what `to_bytes` wrote; raise PermanentError if it is anything else."""
        return cls(*read_profile(packed))
