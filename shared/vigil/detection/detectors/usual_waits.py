"""How long a series' callers usually wait beyond what it says that it took."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from vigil.detection.beta_binomial import upper_tail
from vigil.detection.detectors.strays import Strays
from vigil.detection.latencies import quantile_us
from vigil.detection.warm_up import Need
from vigil.model.duration_sketch import duration_bucket

# A week of minutes: what was seen longer ago counts half.
_HALF_LIFE_SECONDS = 7 * 86_400
_READY = 10
# Before anything was seen: half a long wait in fifty.
_PRIOR_LONG, _PRIOR_WAITS = 0.5, 50.0
# Long waits come in bursts: their share scatters as widely as it is high.
_SPREAD = 1.0
# By how many times the limit is exceeded, and by which share of the waits at least: few long waits
# are soon a burst, and so much longer ones count where most are.
_LIMITS = ((1.0, 0.0), (4.0, 0.5), (16.0, 0.5))
_FEWEST, _WORSE = 2, 2.0
_MEDIAN = 0.5
_NEGLIGIBLE = 1e-3
# Two buckets to a doubling: what was learned need not be known as well as what is judged.
_COARSE = 4

Sketch = Mapping[int, tuple[int, int]]


class LongWaits(NamedTuple):
    """How many of `total` waits exceeded `limit_us`, and which share usually does."""

    chance: float
    long: int
    total: int
    limit_us: float
    usual: float


class UsualWaits:
    """Gives the chance that so many waits of a window are so long.

    All that was seen is one sketch, in which a week ago counts half. Long is what exceeds the
    median by `factor` and by `increase_us`. The share of long waits has a Beta distribution, known
    from the sketch and a little more, so little is needed before it says something; the chance is
    the upper tail of the beta-binomial distribution.

    >>> waits = UsualWaits(factor=3.0, increase_us=50_000.0, relearn_after_windows=30)
    >>> for minute in range(20):
    ...     waits.learn_one({duration_bucket(3000): (5, 0)}, 60 * minute)
    >>> waits.read_one({duration_bucket(3000): (5, 0)}) is None
    True
    >>> waits.read_one({duration_bucket(1_000_000): (5, 0)}).chance < 1e-8
    True
    """

    def __init__(self, *, factor: float, increase_us: float, relearn_after_windows: int) -> None:
        self._factor = factor
        self._increase_us = increase_us
        self._strays = Strays(many=relearn_after_windows)
        self._weights: dict[int, float] = {}
        self._learned_at = 0

    @property
    def ready(self) -> bool:
        """Whether enough has been seen to say what is usual."""
        return sum(self._weights.values()) >= _READY

    def needs(self) -> list[Need]:
        """Return what it is `ready` with, nothing if no waits were seen."""
        seen = int(sum(self._weights.values()))
        return [Need(seen, _READY, "waits")] if self._weights else []

    @property
    def usual_us(self) -> float:
        """The usual wait, in microseconds: the median. Raises ValueError if none was seen."""
        return quantile_us({b: (round(1000 * w), 0) for b, w in self._weights.items()}, _MEDIAN)

    def read_one(self, waits: Sketch) -> LongWaits | None:
        """Return the least likely of what the waits of a window show; None if it is no news."""
        if not self.ready or not waits:
            return None
        usual_us = self.usual_us
        limit_us = max(self._factor * usual_us, usual_us + self._increase_us)
        read = [self._beyond(waits, limit_us * times, most) for times, most in _LIMITS]
        return min([each for each in read if each is not None], default=None)

    def _beyond(self, waits: Sketch, limit_us: float, most: float) -> LongWaits | None:
        total = sum([count for count, _ in waits.values()])
        lowest = _coarse(duration_bucket(int(limit_us)))
        long = sum([count for bucket, (count, _) in waits.items() if bucket >= lowest])
        known = sum(self._weights.values())
        usually = sum([weight for bucket, weight in self._weights.items() if bucket >= lowest])
        usual = (usually + _PRIOR_LONG) / (known + _PRIOR_WAITS)
        if long < max(_FEWEST, _WORSE * usual * total, most * total):
            return None
        chance = len(_LIMITS) * upper_tail(long, total, mean=usual, spread=_SPREAD)
        return LongWaits(min(chance, 1.0), long, total, limit_us, usual)

    def learn_one(self, waits: Sketch, at: int, *, strayed: bool = False) -> None:
        """Learn the waits of the window that began `at`; one that `strayed` is learned by little,
        until so many did that it is usual."""
        weight = self._strays.note(strayed)
        kept = 0.5 ** (max(at - self._learned_at, 0) / _HALF_LIFE_SECONDS)
        weights = {bucket: known * kept for bucket, known in self._weights.items()}
        for bucket, (count, _) in waits.items():
            # The middle of what is put together.
            coarse = _coarse(bucket) + _COARSE // 2
            weights[coarse] = weights.get(coarse, 0.0) + weight * count
        self._weights = {b: float(f"{w:.5g}") for b, w in weights.items() if w >= _NEGLIGIBLE}
        self._learned_at = at

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        weights = {str(bucket): weight for bucket, weight in sorted(self._weights.items())}
        return [weights, self._learned_at, self._strays.to_json()]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        weights, self._learned_at, strays = plain
        self._weights = {int(bucket): weight for bucket, weight in weights.items()}
        self._strays.restore(strays)


def _coarse(bucket: int) -> int:
    return bucket // _COARSE * _COARSE
