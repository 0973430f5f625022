"""What is counted of one edge of the service graph."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from vigil.model.call import Call

# A call that names its parent may do so wrongly; one lies within a request by chance far oftener,
# and however often it does so, something else may have made it.
_DOUBT_OF_DIRECT = 0.5
_DOUBT_OF_NESTED = 4.0
_MOST_OF_NESTED = 0.8


@dataclass(frozen=True, slots=True)
class Counted:
    """How many requests a series served, and the seconds since 1970 of the last."""

    last_at: int
    count: float

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(max(self.last_at, other.last_at), self.count + other.count)

    def scaled(self, factor: float) -> "Counted":
        """Return it with each request counting `factor` times as much."""
        return Counted(self.last_at, self.count * factor)


@dataclass(frozen=True, slots=True)
class EdgeCounts:
    """Sums over calls, as in `Call`, with the seconds since 1970 of the first and the last."""

    first_at: int
    last_at: int
    count: float = 0.0
    nested: float = 0.0
    calling: float = 0.0
    caller_us: float = 0.0
    callee_us: float = 0.0

    @classmethod
    def of(cls, call: Call, at: int, weight: float) -> "EdgeCounts":
        """Return the counts of a call at `at`, each call counting as `weight`."""
        numbers = call.count, call.nested, call.requests, call.caller_us, call.callee_us
        return cls(at, at, *(number * weight for number in numbers))

    def __add__(self, other: "EdgeCounts") -> "EdgeCounts":
        return EdgeCounts(
            min(self.first_at, other.first_at),
            max(self.last_at, other.last_at),
            self.count + other.count,
            self.nested + other.nested,
            self.calling + other.calling,
            self.caller_us + other.caller_us,
            self.callee_us + other.callee_us,
        )

    def scaled(self, factor: float) -> "EdgeCounts":
        """Return it with each call counting `factor` times as much."""
        numbers = self.count, self.nested, self.calling, self.caller_us, self.callee_us
        return EdgeCounts(self.first_at, self.last_at, *(number * factor for number in numbers))

    def beside(self, other: "EdgeCounts") -> "EdgeCounts":
        """Return the sums of two calls that the same requests make: those count once."""
        both = self + other
        calling = max(self.calling, other.calling)
        caller_us = max(self.caller_us, other.caller_us)
        return EdgeCounts(
            both.first_at,
            both.last_at,
            both.count,
            both.nested,
            calling,
            caller_us,
            both.callee_us,
        )

    @property
    def certainty(self) -> float:
        """How sure it is that there was such a call at all, 0..1.

        >>> told = EdgeCounts(0, 0, count=20.0)
        >>> guessed = EdgeCounts(0, 0, count=20.0, nested=20.0)
        >>> round(told.certainty, 2), round(guessed.certainty, 2)
        (0.98, 0.67)
        """
        direct = max(self.count - self.nested, 0.0)
        told = direct / (direct + _DOUBT_OF_DIRECT)
        guessed = _MOST_OF_NESTED * self.nested / (self.nested + _DOUBT_OF_NESTED)
        return 1.0 - (1.0 - told) * (1.0 - guessed)


def summed(counts: Iterable[EdgeCounts]) -> EdgeCounts:
    """Return the sum of counts (at least one)."""
    return reduce(EdgeCounts.__add__, counts)


def of_same_requests(counts: Iterable[EdgeCounts]) -> EdgeCounts:
    """Return the sum of what one series calls (at least one), its requests taken as the same."""
    return reduce(EdgeCounts.beside, counts)
