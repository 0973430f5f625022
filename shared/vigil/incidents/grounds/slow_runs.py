"""What takes longer than it usually does: operations themselves, and links between services."""

from dataclasses import dataclass

from vigil.incidents.grounds.luck import Share, share_distance
from vigil.model.duration_sketch import Sketch, bucket_middle_us, quantile_of

_FEWEST_USUAL = 5
# A run is slow if it takes longer than nine of ten usually do, by what somebody could notice.
_USUAL_SHARE = 0.9
_LEAST_RATIO = 1.3
_LEAST_ADDED_US = 2_000


@dataclass(frozen=True, slots=True)
class SlowRuns:
    """How many runs were slow, usually and now, and the time that this added in all."""

    usual: Share
    now: Share
    limit_us: float
    added_us: float

    @property
    def is_more(self) -> bool:
        """Whether a larger share of runs is slow than usually."""
        return self.now[0] * self.usual[1] > self.usual[0] * self.now[1]

    @property
    def deviations(self) -> float:
        """How far the share of slow runs is above the usual one; 0 if it is not."""
        return share_distance(self.usual, self.now) if self.is_more else 0.0


def slow_runs(before: Sketch, after: Sketch) -> SlowRuns | None:
    """Return how many of the runs after were slow, None if too few are known.

    >>> found = slow_runs({80: 20}, {80: 2, 160: 8})
    >>> found.usual, found.now, round(found.added_us / 1e6, 1)
    ((0, 20), (8, 10), 8.9)
    """
    count_0, count_1 = sum(before.values()), sum(after.values())
    if count_0 < _FEWEST_USUAL or not count_1:
        return None
    most_us = quantile_of(before, _USUAL_SHARE)
    limit_us = max(_LEAST_RATIO * most_us, most_us + _LEAST_ADDED_US)
    usual, now = (_above(before, limit_us), count_0), (_above(after, limit_us), count_1)
    middle_us = quantile_of(before, 0.5)
    added = _beyond(after, middle_us) - _beyond(before, middle_us) * count_1 / count_0
    return SlowRuns(usual, now, limit_us, max(added, 0.0))


def _above(sketch: Sketch, limit_us: float) -> float:
    return sum([count for bucket, count in sketch.items() if bucket_middle_us(bucket) > limit_us])


def _beyond(sketch: Sketch, limit_us: float) -> float:
    over = [(bucket_middle_us(bucket) - limit_us, count) for bucket, count in sketch.items()]
    return sum([us * count for us, count in over if us > 0.0])
