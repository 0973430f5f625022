"""What speaks for a service, and how much, before it is put into words."""

from dataclasses import dataclass

from vigil.incidents.grounds.share_shift import ShareShift
from vigil.incidents.grounds.slow_services import SlowService
from vigil.model.doings import Operation

# What is certain but changed few runs still counts by so much beside what changed all of them.
_CERTAINTY = 0.3


@dataclass(frozen=True, slots=True)
class Evidence:
    """A shift of shares or a slowness of a service, and its weight.

    The weight is how unusual it is, in standard deviations that luck does not explain, times how
    much of the runs changed or how much of the added time there is in it.
    """

    service: str
    weight: float
    of: ShareShift | SlowService

    @property
    def operation(self) -> Operation | None:
        """The operation that it is about, None if it is about links."""
        if isinstance(self.of, ShareShift):
            return self.of.operation
        slowest = self.of.slowest
        return None if slowest in self.of.links else (self.service, slowest.name)


def weight_of(deviations: float, size: float) -> float:
    """Return the weight of what is so unusual and changed so much (0..1)."""
    return deviations * (_CERTAINTY + size)
