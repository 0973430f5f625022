"""How much a series varies lately."""

from math import sqrt
from typing import Any


class Spread:
    """Looks at the exponentially weighted standard deviation over about the last `span` numbers.

    A series that becomes restless shows here, and one that falls still.

    >>> spread = Spread(span=24)
    >>> for number in range(100):
    ...     spread.learn_one(10.0 + number % 2, 60 * number)
    >>> round(spread.look(10.5, 6000), 1)
    0.5
    """

    name = "spread"
    rise = "most restless"
    fall = "most even"

    def __init__(self, span: int = 24) -> None:
        self._weight = 2.0 / (span + 1.0)
        self._count = 0
        self._mean = 0.0
        self._variance = 0.0

    def look(self, value: float, at: int) -> float | None:
        """Return the deviation with the number in it."""
        return sqrt(self._moved(value)[1])

    def learn_one(self, value: float, at: int) -> None:
        """Take the number into mean and variance."""
        self._mean, self._variance = self._moved(value)
        self._count += 1

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        return [self._count, float(f"{self._mean:.6g}"), float(f"{self._variance:.6g}")]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._count, self._mean, self._variance = plain

    def _moved(self, value: float) -> tuple[float, float]:
        weight = max(1.0 / (self._count + 1), self._weight)
        off = value - self._mean
        mean = self._mean + weight * off
        return mean, (1.0 - weight) * (self._variance + weight * off * off)
