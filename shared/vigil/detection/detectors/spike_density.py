"""How often a series jumps lately."""

from math import sqrt
from typing import Any

_KEPT = 0.95
# A jump is a step of four standard deviations, and no step is learned as more than that.
_JUMP = 4.0
_LEAST_WEIGHT = 0.002
_WARM_UP = 50
# Each further jump among twenty numbers is some twenty times rarer.
_LEAST_UNIT = 5.0


class SpikeDensity:
    """Looks at how many jumps there were among about the last twenty numbers.

    Each jump may be usual, but not that many of them.
    """

    name = "spike_density"
    rise = "most jumps in a short time"
    fall = "fewest jumps in a long time"

    def __init__(self) -> None:
        self._last: float | None = None
        self._count = 0
        self._mean = 0.0
        self._variance = 0.0
        self._density = 0.0

    def look(self, value: float, at: int) -> float:
        """Return the density of jumps with the number in it."""
        return _KEPT * self._density + self._is_jump(value)

    def least_unit(self, typical: float) -> float:
        """Return the unit of what never varied, of a series of `typical` size."""
        return _LEAST_UNIT

    def learn_one(self, value: float, at: int) -> None:
        """Count the number, and learn from it how large steps usually are."""
        self._density = _KEPT * self._density + self._is_jump(value)
        if self._last is not None:
            self._learn_step(value - self._last)
        self._last = value
        self._count += 1

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        floats = (self._last, self._mean, self._variance, self._density)
        return [self._count, *[None if x is None else float(f"{x:.6g}") for x in floats]]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._count, self._last, self._mean, self._variance, self._density = plain

    def _is_jump(self, value: float) -> bool:
        if self._last is None or self._count <= _WARM_UP:
            return False
        return abs(value - self._last - self._mean) > _JUMP * sqrt(self._variance)

    def _learn_step(self, step: float) -> None:
        if self._count > _WARM_UP:
            most = _JUMP * sqrt(self._variance)
            step = min(max(step, self._mean - most), self._mean + most)
        weight = max(1.0 / self._count, _LEAST_WEIGHT)
        off = step - self._mean
        self._mean += weight * off
        self._variance = (1.0 - weight) * (self._variance + weight * off * off)
