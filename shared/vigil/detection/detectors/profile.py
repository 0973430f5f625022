"""What is usual at a time of the day or of the week."""

from typing import Any

_HOUR = 3600
# A slot that has been seen so often is known.
_KNOWN = 4
_LEAST_WEIGHT = 0.05


class Profile:
    """Looks at how far a number is from the usual one of its hour, of the day or of the week.

    `hours` is the length of the period: 24 or 168. Time is UTC. Nothing is said of an hour
    that is not known yet.

    >>> profile = Profile(hours=24)
    >>> for day in range(5):
    ...     profile.learn_one(50.0, 86_400 * day)
    >>> profile.look(80.0, 86_400 * 5)
    30.0
    """

    rise = "farthest above the usual of the hour"
    fall = "farthest below the usual of the hour"

    def __init__(self, hours: int) -> None:
        self.name = "hour_of_day" if hours == 24 else "hour_of_week"  # noqa: PLR2004 - a day
        self._usual = [0.0] * hours
        self._seen = [0] * hours

    def usual(self, at: int) -> float | None:
        """Return what is usual at an instant, None if it is not known yet."""
        slot = self._slot(at)
        return self._usual[slot] if self._seen[slot] >= _KNOWN else None

    def look(self, value: float, at: int) -> float | None:
        """Return how far the number is above what is usual."""
        usual = self.usual(at)
        return None if usual is None else value - usual

    def learn_one(self, value: float, at: int) -> None:
        """Learn the number for its hour."""
        slot = self._slot(at)
        self._seen[slot] = min(self._seen[slot] + 1, round(1 / _LEAST_WEIGHT))
        self._usual[slot] += (value - self._usual[slot]) / self._seen[slot]

    def to_json(self) -> list[Any]:
        """Return its state as plain values: a pair for each hour, null if it was never seen."""
        pairs = zip(self._usual, self._seen, strict=True)
        return [[float(f"{usual:.6g}"), seen] if seen else None for usual, seen in pairs]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        for slot, pair in enumerate(plain):
            self._usual[slot], self._seen[slot] = pair or (0.0, 0)

    def _slot(self, at: int) -> int:
        return at // _HOUR % len(self._usual)
