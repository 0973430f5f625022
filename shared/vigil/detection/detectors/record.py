"""How far a number goes beyond everything that was seen before it."""

from math import exp, sqrt
from typing import Any

# What a number must go beyond the record by, relative to it: states are rounded.
_LEAST_STEP = 1e-5
# A record moves by half of the excess, or by half a unit if that is more: one incident must not
# hide the next, and a series that was constant must not stray for ever.
_MOVED = 0.5
# Mean and variance follow over some five hundred numbers, and a number counts within four units.
_LEAST_WEIGHT = 0.002
_WITHIN = 4.0
# Of a normal distribution the excess over the record of n is exponential, with a mean of
# sd / sqrt(2 ln n); for some hundreds to thousands that is a sixteenth of the unit.
_FALL = 16.0
# About the smallest chance that a double holds.
_LEAST = 1e-300


class Record:
    """Learns the highest and the lowest of a series of numbers, and judges what goes beyond them.

    The n-th of independent numbers is a new extreme with the chance 2 / n (Glick, "Breaking records
    and breaking boards", 1978), and how far it goes beyond the old one is about exponential (the
    tail of many distributions; Leadbetter, Lindgren and Rootzen, "Extremes", 1983). The unit is
    half the range and the standard deviation, so one wild number widens it; what never varied has
    the unit `least`, greater than 0.

    >>> record = Record()
    >>> for number in range(200):
    ...     record.learn(number * 37 % 100, 0.1, whole=number < 100)
    >>> record.chance(50, 0.1), record.chance(100, 0.1) < 0.02, record.chance(200, 0.1) < 1e-6
    (1.0, True, True)
    """

    __slots__ = ("_count", "_high", "_low", "_mean", "_variance")

    def __init__(self) -> None:
        self._count = 0
        self._high = self._low = self._mean = self._variance = 0.0

    def chance(self, number: float, least: float) -> float:
        """Return the chance, 0..1, that luck makes a number go as far beyond what was seen."""
        excess = self._excess(number)
        if not excess or not self._count:
            return 1.0
        fall = exp(-_FALL * excess / self._unit(least))
        return min(max(2.0 / self._count * fall, _LEAST), 1.0)

    def above(self, number: float) -> bool:
        """Whether a number is above the middle of the extremes."""
        return number > 0.5 * (self._high + self._low)

    def learn(self, number: float, least: float, *, whole: bool = False) -> None:
        """Learn a number: the `whole` of its excess, or only a part."""
        if not self._count:
            self._high = self._low = number
        elif whole:
            self._high, self._low = max(self._high, number), min(self._low, number)
        else:
            number = self._exceed(number, self._unit(least))
        self._count += 1
        weight = max(1.0 / self._count, _LEAST_WEIGHT)
        off = number - self._mean
        self._mean += weight * off
        self._variance = (1.0 - weight) * (self._variance + weight * off * off)

    def band(self) -> tuple[float, float, float]:
        """Return two standard deviations below the mean, the mean, and two above it."""
        wide = 2.0 * sqrt(self._variance)
        return self._mean - wide, self._mean, self._mean + wide

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        floats = (self._high, self._low, self._mean, self._variance)
        return [self._count, *[float(f"{number:.6g}") for number in floats]]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._count, self._high, self._low, self._mean, self._variance = plain

    def _excess(self, number: float) -> float:
        if number > self._high + _LEAST_STEP * abs(self._high):
            return number - self._high
        if number < self._low - _LEAST_STEP * abs(self._low):
            return self._low - number
        return 0.0

    def _unit(self, least: float) -> float:
        return max(0.5 * (self._high - self._low) + sqrt(self._variance), least)

    def _exceed(self, number: float, unit: float) -> float:
        """Move the record some of the way, and return by what the mean may learn."""
        if number > self._high:
            self._high += _moved(number - self._high, unit)
        elif number < self._low:
            self._low -= _moved(self._low - number, unit)
        return min(max(number, self._mean - _WITHIN * unit), self._mean + _WITHIN * unit)


def _moved(excess: float, unit: float) -> float:
    return max(min(excess, _MOVED * unit), _MOVED * excess)
