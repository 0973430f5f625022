"""How far a number goes beyond everything that was seen before it."""

from math import exp, sqrt
from typing import Any

# What a number must go beyond the record by, relative to it: states are rounded.
_LEAST_STEP = 1e-5
# A constant has no spread, but its thousandth is no news.
_LEAST_UNIT = 1e-3
# A record moves towards an outlier by at most so many units: one incident must not hide the next.
_MOST_MOVED = 0.5
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
    and breaking boards", 1978), and how far it goes beyond the old one is exponential (the tail of
    most distributions, Leadbetter et al., 1983). The unit is half the range and the standard
    deviation, so one wild number widens it. Before `warm_up` numbers everything has a chance of 1.

    >>> record = Record(warm_up=20)
    >>> for number in range(200):
    ...     record.learn(number * 37 % 100)
    >>> record.chance(50), record.chance(100) < 0.02, record.chance(200) < 1e-6
    (1.0, True, True)
    """

    __slots__ = ("_count", "_high", "_low", "_mean", "_variance", "_warm_up")

    def __init__(self, warm_up: int) -> None:
        self._warm_up = warm_up
        self._count = 0
        self._high = self._low = self._mean = self._variance = 0.0

    def chance(self, number: float) -> float:
        """Return the chance, 0..1, that luck makes a number go as far beyond what was seen."""
        if self._count < self._warm_up or not self._count:
            return 1.0
        excess = self._excess(number)
        if not excess:
            return 1.0
        return max(2.0 / self._count * exp(-_FALL * excess / self._unit()), _LEAST)

    def learn(self, number: float) -> None:
        """Learn a number."""
        if self._count < self._warm_up or not self._count:
            self._widen(number)
        else:
            number = self._exceed(number)
        self._count += 1
        weight = max(1.0 / self._count, _LEAST_WEIGHT)
        off = number - self._mean
        self._mean += weight * off
        self._variance = (1.0 - weight) * (self._variance + weight * off * off)

    def band(self) -> tuple[float, float, float]:
        """Return two standard deviations below the mean, the mean, and two above it."""
        wide = 2.0 * sqrt(self._variance)
        return self._mean - wide, self._mean, self._mean + wide

    def to_json(self) -> list[float]:
        """Return its state as plain values."""
        floats = (self._high, self._low, self._mean, self._variance)
        return [self._count, *[float(f"{number:.6g}") for number in floats]]

    @classmethod
    def from_json(cls, plain: list[Any], warm_up: int) -> "Record":
        """Return what `to_json` gave."""
        record = cls(warm_up)
        record._count, record._high, record._low, record._mean, record._variance = plain
        return record

    def _excess(self, number: float) -> float:
        if number > self._high + _LEAST_STEP * abs(self._high):
            return number - self._high
        if number < self._low - _LEAST_STEP * abs(self._low):
            return self._low - number
        return 0.0

    def _unit(self) -> float:
        spread = 0.5 * (self._high - self._low) + sqrt(self._variance)
        return max(spread, _LEAST_UNIT * abs(self._mean), 1e-12)

    def _widen(self, number: float) -> None:
        first = not self._count
        self._high = number if first else max(self._high, number)
        self._low = number if first else min(self._low, number)

    def _exceed(self, number: float) -> float:
        """Move the record some of the way, and return by what the mean may learn."""
        unit = self._unit()
        if number > self._high:
            self._high += min(number - self._high, _MOST_MOVED * unit)
        elif number < self._low:
            self._low -= min(self._low - number, _MOST_MOVED * unit)
        return min(max(number, self._mean - _WITHIN * unit), self._mean + _WITHIN * unit)
