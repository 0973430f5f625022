"""Operations that make another share of their calls, or log other lines, than they usually do."""

from collections.abc import Iterator
from dataclasses import dataclass

from vigil.incidents.grounds.luck import share_distance
from vigil.model.doings import Doings, Operation, Part
from vigil.model.trace_profile import TraceProfile

# Fewer runs say nothing of a share.
_FEWEST_USUAL = 4
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class ShareShift:
    """A part of what an operation does, in another share (0..1) of its `runs` than is usual."""

    operation: Operation
    part: Part
    usual_share: float
    share: float
    deviations: float
    runs: float

    @property
    def size(self) -> float:
        """The share of runs that changed, 0..1."""
        return abs(self.share - self.usual_share)


def share_shifts(usual: TraceProfile, bad: TraceProfile) -> Iterator[ShareShift]:
    """Yield every difference between the shares of two profiles, however small."""
    for operation, after in bad.operations.items():
        before = usual.operations.get(operation)
        if before and before.count >= _FEWEST_USUAL and after.count >= _FEWEST:
            yield from _shifts_of(operation, before, after)


def _shifts_of(operation: Operation, before: Doings, after: Doings) -> Iterator[ShareShift]:
    for part in sorted(before.parts.keys() | after.parts.keys()):
        then, now = before.parts.get(part, 0.0), after.parts.get(part, 0.0)
        deviations = share_distance((then, before.count), (now, after.count))
        shares = then / before.count, now / after.count
        yield ShareShift(operation, part, *shares, deviations, after.count)
