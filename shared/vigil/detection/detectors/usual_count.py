"""How many events of a rare kind a window usually has."""

from vigil.detection import negative_binomial
from vigil.detection.warm_up import Need

# What came a thousand windows ago, 17 hours of minutes, counts a third.
_KEPT = 0.999
# Before anything is known about one event a window is expected, with a doubt as large as itself:
# twenty come by a chance of one in a million.
_PRIOR_EVENTS = 1.0
_PRIOR_WINDOWS = 1.0
# Rates breathe by a quarter of themselves.
_MOST_SHAPE = 16.0
_WARM_UP = 30
# A doubt that is larger than this makes anything possible.
_LEAST_SHAPE = 0.02


class UsualCount:
    """Gives the chance that so many events come, from the counts of the windows before.

    The rate has a Gamma distribution of what was seen, forgotten by degrees; where counts scatter
    more widely than that says, as bursts do, they are taken as widely as they do (the moments of
    the negative binomial).

    >>> usual = UsualCount()
    >>> for _ in range(100):
    ...     usual.learn_one(50)
    >>> usual.chance(60) > 0.1, usual.chance(500) < 1e-6, UsualCount().chance(20) < 1e-6
    (True, True, True)
    """

    def __init__(self) -> None:
        self._windows = 0.0
        self._events = 0.0
        self._squares = 0.0

    @property
    def is_known(self) -> bool:
        """Whether enough windows have been seen to say what is unusual."""
        return self._windows >= _WARM_UP

    def needs(self) -> list[Need]:
        """Return what it is known with; windows are forgotten by degrees."""
        return [Need(int(self._windows), _WARM_UP, "windows")]

    @property
    def mean(self) -> float:
        """How many usually come in a window."""
        return (self._events + _PRIOR_EVENTS) / (self._windows + _PRIOR_WINDOWS)

    def chance(self, count: int) -> float:
        """Return how likely `count` or more come in a window."""
        return negative_binomial.upper_tail(count, shape=self._shape(), mean=self.mean)

    def learn_one(self, count: int) -> None:
        """Learn how many came in one more window."""
        self._windows = _rounded(self._windows * _KEPT + 1.0)
        self._events = _rounded(self._events * _KEPT + count)
        self._squares = _rounded(self._squares * _KEPT + count * count)

    def to_json(self) -> list[float]:
        """Return its state as plain values."""
        return [self._windows, self._events, self._squares]

    @classmethod
    def from_json(cls, plain: list[float]) -> "UsualCount":
        """Return what `to_json` gave."""
        usual = cls()
        usual._windows, usual._events, usual._squares = plain
        return usual

    def _shape(self) -> float:
        known = min(self._events + _PRIOR_EVENTS, _MOST_SHAPE)
        if not self._windows:
            return known
        mean = self._events / self._windows
        beyond = self._squares / self._windows - mean * mean - mean
        return max(min(known, mean * mean / beyond), _LEAST_SHAPE) if beyond > 0 else known


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")
