"""The counts of the last windows beside those expected, as sums over one window and several."""

from collections import deque
from math import sqrt
from typing import Any, NamedTuple

# An odd minute, a few, and what lasts. A trouble is most visible at the scale at which it lasts.
SCALES = (1, 4, 16)
# Two days of minutes: what varied longer ago counts half.
_KEPT = 0.5 ** (1 / 2880)
# Before anything is known, counts vary by half of themselves; so many windows say otherwise.
_PRIOR_SPREAD = 0.25
_PRIOR_WINDOWS = 60.0
_PRIOR_OF_FEW = 200.0
# Nothing real is as even as dice.
_LEAST_SPREAD = 0.01
# What is expected of next to nothing says nothing of how it varies.
_FEWEST = 0.01
# One wild window says no more of how much is usual than one six standard deviations off.
_MOST_SQUARED = 36.0
_LITTLE = 0.05
# Up to two standard deviations are believed in full.
_BELIEVED_SQUARED = 4.0


class Sum(NamedTuple):
    """The sum of the last `windows`: what came, what was expected, out of how much it came.

    `spread` is the learned relative variance of such a sum beyond that of pure chance.
    """

    windows: int
    came: int
    expected: float
    exposure: int
    spread: float


class RecentCounts:
    """Sums the last windows at each of SCALES, and learns how much such sums vary.

    That a quarter of an hour varies less than a minute, but more than fifteen independent minutes
    would, is learned from it rather than assumed: windows that follow each other are alike. The
    spread is a moment estimate, sum((came - expected)^2 / expected - 1) / sum(expected): weighed so
    that the busiest hour does not speak for all. Until `warm_up` windows have been learned, what
    strays says as much as anything else.
    """

    def __init__(self, warm_up: int) -> None:
        self._warm_up = warm_up
        self._last: deque[tuple[int, float, int]] = deque(maxlen=SCALES[-1] - 1)
        self._squares = [[0.0, 0.0] for _ in SCALES]
        self._windows = 0.0

    def sums(self, came: int, expected: float, exposure: int, *, missed: int = 0) -> list[Sum]:
        """Return the sums that end with a window in which so much came.

        `missed` is how many windows before it were empty and have not been noted.
        """
        empty = [(0, expected, exposure)] * min(missed, SCALES[-1])
        last = [*self._last, *empty, (came, expected, exposure)]
        return [self._sum(place, last[-scale:]) for place, scale in enumerate(SCALES)]

    def learn(self, came: int, expected: float, exposure: int, *, strayed: bool = False) -> float:
        """Learn a window, and return how far, 0..1, it may be taken for what is usual lately.

        That is 1 where no sum is more than two standard deviations off, and falls with the square
        of how far it is: what seems to begin to stray must not become usual while it is made sure
        of (a robust weight, as in Huber's estimates). Deviations are of square roots, which are as
        likely on both sides. From a window that `strayed` little is learned of how much is usual.
        """
        sums = self.sums(came, expected, exposure)
        bounded = strayed and self._windows > self._warm_up
        weight = _LITTLE if bounded else 1.0
        for squares, total in zip(self._squares, sums, strict=True):
            varied = _squared(total, bounded=bounded) - 1.0
            squares[0] = _rounded(squares[0] * _KEPT + weight * varied)
            squares[1] = _rounded(squares[1] * _KEPT + weight * total.expected)
        self._windows = _rounded(self._windows * _KEPT + 1.0)
        self._last.append((came, _rounded(expected), exposure))
        off = max([_deviation(total) for total in sums])
        return min(1.0, _BELIEVED_SQUARED / off) if off else 1.0

    def learn_none(self, windows: int, expected: float) -> None:
        """Learn so many empty windows, in each of which so much was expected."""
        each = min(windows, SCALES[-1])
        for _ in range(each):
            self.learn(0, expected, 1)
        # From here on all sums are empty, and each window adds the same.
        rest = windows - each
        kept = _KEPT**rest
        for squares, scale in zip(self._squares, SCALES, strict=True):
            usual = scale * expected
            squares[0] = _rounded(squares[0] * kept + rest * (usual - 1.0))
            squares[1] = _rounded(squares[1] * kept + rest * usual)
        self._windows = _rounded(self._windows * kept + rest)

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        last = [list(window) for window in self._last]
        return [last, [list(pair) for pair in self._squares], self._windows]

    @classmethod
    def from_json(cls, plain: list[Any], warm_up: int) -> "RecentCounts":
        """Return what `to_json` gave."""
        counts = cls(warm_up)
        counts._last.extend((came, expected, exposure) for came, expected, exposure in plain[0])
        counts._squares = [list(pair) for pair in plain[1]]
        counts._windows = plain[2]
        return counts

    def _sum(self, place: int, windows: list[tuple[int, float, int]]) -> Sum:
        came, expected, exposure = map(sum, zip(*windows, strict=True))
        return Sum(len(windows), came, expected, exposure, self._spread(place))

    def _spread(self, place: int) -> float:
        squared, expected = self._squares[place]
        usual = max(expected / max(self._windows, 1.0), _FEWEST)
        prior = _PRIOR_WINDOWS * (1.0 + usual) + _PRIOR_OF_FEW / usual
        return max((squared + _PRIOR_SPREAD * prior) / (expected + prior), _LEAST_SPREAD)


def tries_of(seen: Sum) -> float:
    """Return how often a sum is judged in a window of its own, by how many chances it had.

    Each window is judged at all SCALES; but sums of many windows overlap, and stray as often as
    there are sums that do not.
    """
    return len(SCALES) / seen.windows


def _squared(seen: Sum, *, bounded: bool) -> float:
    squared = (seen.came - seen.expected) ** 2
    if bounded:
        usual = seen.expected + seen.spread * seen.expected**2
        squared = min(squared, _MOST_SQUARED * usual)
    return squared / seen.expected


def _deviation(seen: Sum) -> float:
    """Return the square of how many standard deviations a sum is off."""
    off = sqrt(seen.came) - sqrt(seen.expected)
    return 4.0 * off * off / (1.0 + seen.spread * seen.expected)


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")
