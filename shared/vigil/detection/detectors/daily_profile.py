"""What is usual at a time of the day."""

from typing import Any

_QUARTER = 900
# What never varied may vary by so much of its size.
_SHARE = 1e-3
_QUARTERS = 96
# A quarter of an hour of which so many numbers were seen is known.
_KNOWN = 3
# It follows over some twenty numbers.
_MOST_SEEN = 20


class DailyProfile:
    """Looks at how far a number is above what is usual in its quarter of an hour of the day.

    Time is UTC. Of a quarter that is not known yet nothing is said against any number: it is 0
    above what is usual.

    >>> profile = DailyProfile()
    >>> for day in range(5):
    ...     profile.learn_one(50.0, 86_400 * day)
    >>> profile.look(80.0, 86_400 * 5), profile.look(80.0, 7200), profile.usual(7200)
    (30.0, 0.0, None)
    """

    name = "daily_profile"
    rise = "farthest above the usual of this time of day"
    fall = "farthest below the usual of this time of day"

    def __init__(self) -> None:
        self._usual = [0.0] * _QUARTERS
        self._seen = [0] * _QUARTERS

    def usual(self, at: int) -> float | None:
        """Return what is usual at an instant, None if it is not known yet."""
        quarter = at // _QUARTER % _QUARTERS
        return self._usual[quarter] if self._seen[quarter] >= _KNOWN else None

    def look(self, value: float, at: int) -> float:
        """Return how far the number is above what is usual."""
        quarter = at // _QUARTER % _QUARTERS
        return value - self._usual[quarter] if self._seen[quarter] >= _KNOWN else 0.0

    def least_unit(self, typical: float) -> float:
        """Return the unit of what never varied, of a series of `typical` size."""
        return _SHARE * typical

    def learn_one(self, value: float, at: int) -> None:
        """Learn the number for its time of day."""
        quarter = at // _QUARTER % _QUARTERS
        seen = self._seen[quarter] = min(self._seen[quarter] + 1, _MOST_SEEN)
        self._usual[quarter] += (value - self._usual[quarter]) / seen

    def to_json(self) -> list[Any]:
        """Return its state as plain values: what is usual, and out of how many numbers."""
        return [[float(f"{usual:.6g}") for usual in self._usual], list(self._seen)]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._usual, self._seen = map(list, plain)
