"""The level of a series lately."""

from typing import Any


class Level:
    """Looks at the exponentially weighted mean over about the last `span` numbers.

    What is nothing in one number may be much in the mean of many: a shift that lasts, and slow
    ones, show here.

    >>> level = Level(span=3)
    >>> level.learn_one(10.0, 0)
    >>> level.look(20.0, 60)
    15.0
    """

    name = "level"
    rise = "highest level"
    fall = "lowest level"

    def __init__(self, span: int = 24) -> None:
        self._weight = 2.0 / (span + 1.0)
        self._count = 0
        self._mean = 0.0

    def look(self, value: float, at: int) -> float | None:
        """Return the mean with the number in it."""
        return self._mean + self._weight_of_next() * (value - self._mean)

    def learn_one(self, value: float, at: int) -> None:
        """Take the number into the mean."""
        self._mean += self._weight_of_next() * (value - self._mean)
        self._count += 1

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        return [self._count, float(f"{self._mean:.6g}")]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._count, self._mean = plain

    def _weight_of_next(self) -> float:
        return max(1.0 / (self._count + 1), self._weight)
