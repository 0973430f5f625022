"""What has been told already is less of a news."""

from bisect import bisect_left, insort
from math import log10
from typing import Any

# Numbers for which a surprise hushes lesser ones.
_HUSHED = 40
_MOST_KEPT = 32


class Hush:
    """Keeps of a burst what exceeds everything in it so far, and knows what a series is given to.

    A surprise, -log10 of a chance, counts if none of those that counted among the last forty
    numbers was as great. So a burst is told of once, and again if it becomes worse. From what
    counts, log10(1 + k) / 2 is taken, where k surprises as great have counted before: halfway, in
    orders of magnitude, between the chance that is reckoned and how often it came true. Of more
    than 32, the least are forgotten.

    >>> hush = Hush()
    >>> hush.learn(3.0)
    >>> hush.heard(2.0), hush.heard(4.0)
    (0.0, 4.0)
    >>> for _ in range(40):
    ...     hush.learn(0.0)
    >>> round(hush.heard(2.0), 2)
    1.85
    """

    def __init__(self) -> None:
        self._number = 0
        # The last one that counted; those before it were less, so they no longer matter.
        self._told_at = 0
        self._told = 0.0
        self._greatest: list[float] = []

    def heard(self, surprise: float) -> float:
        """Return how much of a surprise is news, 0 or more."""
        if not self._is_news(surprise):
            return 0.0
        as_great = len(self._greatest) - bisect_left(self._greatest, surprise)
        return max(surprise - 0.5 * log10(1 + as_great), 0.0)

    def learn(self, surprise: float) -> None:
        """Take the surprise of the next number."""
        rounded = round(surprise, 3)
        if self._is_news(rounded):
            self._told_at, self._told = self._number, rounded
            insort(self._greatest, rounded)
            del self._greatest[:-_MOST_KEPT]
        self._number += 1

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        return [self._number, self._told_at, self._told, list(self._greatest)]

    @classmethod
    def from_json(cls, plain: list[Any]) -> "Hush":
        """Return what `to_json` gave."""
        hush = cls()
        hush._number, hush._told_at, hush._told = plain[:3]
        hush._greatest = list(plain[3])
        return hush

    def _is_news(self, surprise: float) -> bool:
        recent = self._number - self._told_at <= _HUSHED
        return surprise > (self._told if recent else 0.0)
