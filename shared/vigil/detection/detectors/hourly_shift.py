"""A level that rises or falls too slowly to be seen from one window to the next."""

from math import erfc, exp, sqrt
from typing import Any

from vigil.detection.chance import score_of
from vigil.detection.warm_up import Need

_HOUR = 3600
_HOURS = 24
# An hour of windows: what lasts so long is no burst.
_FAST = 1 / 60
_FEWEST = 30
# So many days must have had this hour.
_KNOWN_DAYS = 3
# A day more or less says little; a week of days says what is usual.
_DAILY = 0.2
# Hours of healthy days differ at least by so much, as a share.
_LEAST_SPREAD = 0.03
# Hours are not normal: tails are taken to be as wide as those of half as much again.
_WIDER = 1.5
# What strays is learned by at most so much a day, as a share (FAULTS D31).
_MOST_MOVED = 0.05


class HourlyShift:
    """Scores the mean of about the last hour by what the same hour of other days had.

    Values are logarithms, so a shift is a factor. It is made for leaks and for performance that is
    lost by degrees: a baseline that follows within minutes never sees them. The chance is that of a
    normal distribution with the deviation that such hours have from their usual, widened. It sees
    nothing that lasts less than half an hour, and says nothing in the first three days.

    >>> shift = HourlyShift()
    >>> for minute in range(4 * 1440):
    ...     shift.learn_one(5.0 + minute % 3 / 100, 60 * minute)
    >>> before = shift.score_one(5.0, 4 * 86_400)
    >>> for minute in range(4 * 1440, 4 * 1440 + 240):
    ...     shift.learn_one(5.0 + (minute - 4 * 1440) / 480, 60 * minute)
    >>> before < 0.1, shift.score_one(5.5, 4 * 86_400 + 240 * 60) > 0.5
    (True, True)
    """

    def __init__(self) -> None:
        self._usual = [0.0] * _HOURS
        self._days = [0] * _HOURS
        self._variance = 0.0
        self._hours = 0
        self._mean = 0.0
        self._count = 0
        # Of the hour that is going on: which, the sum of its values, and how many.
        self._hour, self._sum, self._values = -1, 0.0, 0

    def shift(self, at: int) -> float | None:
        """Return how far the last hour is above what is usual at `at`; None while not known."""
        hour, past = divmod(at - _HOUR // 2 - _HOUR // 2, _HOUR)
        before, after = hour % _HOURS, (hour + 1) % _HOURS
        if min(self._days[before], self._days[after]) < _KNOWN_DAYS or self._count < _FEWEST:
            return None
        share = past / _HOUR
        usual = self._usual[before] + share * (self._usual[after] - self._usual[before])
        return self._mean - usual

    def needs(self) -> list[Need]:
        """Return with what it compares any hour in which the series is heard, and the last one."""
        heard = [days for days in self._days if days]
        known = len([days for days in heard if days >= _KNOWN_DAYS])
        return [
            Need(known, max(len(heard), 1), f"hours seen on {_KNOWN_DAYS} days"),
            Need(self._count, _FEWEST, "windows without a pause"),
        ]

    def chance(self, at: int) -> float:
        """Return the chance, 0..1, of a mean as far above what is usual; 1.0 if it is not above."""
        above = self.shift(at)
        if above is None or above <= 0.0:
            return 1.0
        return 0.5 * erfc(above / (_WIDER * self._spread() * sqrt(2.0)))

    def factor(self, at: int) -> float:
        """Return how many times the usual the last hour is."""
        return exp(self.shift(at) or 0.0)

    def score_one(self, value: float, at: int) -> float:
        """Return how unlikely the last hour is with `value` in it, 0..1; changes nothing."""
        with_value = HourlyShift.from_json(self.to_json())
        with_value._follow(value)
        return score_of(with_value.chance(at))

    def learn_one(self, value: float, at: int) -> None:
        """Learn the value of a window; windows come in order of time."""
        hour = at // _HOUR
        if hour != self._hour:
            self._close()
            if self._hour >= 0 and hour > self._hour + 1:
                # What was before a gap is not the last hour.
                self._count = 0
            self._hour, self._sum, self._values = hour, 0.0, 0
        self._sum = _rounded(self._sum + value)
        self._values += 1
        self._follow(value)

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        now = [self._hour, self._sum, self._values, self._mean, self._count]
        return [self._usual, self._days, self._variance, self._hours, now]

    @classmethod
    def from_json(cls, plain: list[Any]) -> "HourlyShift":
        """Return what `to_json` gave."""
        shift = cls()
        shift._usual, shift._days = list(plain[0]), list(plain[1])
        shift._variance, shift._hours = plain[2], plain[3]
        shift._hour, shift._sum, shift._values, shift._mean, shift._count = plain[4]
        return shift

    def _spread(self) -> float:
        return max(sqrt(self._variance), _LEAST_SPREAD)

    def _follow(self, value: float) -> None:
        self._count += 1
        self._mean = _rounded(self._mean + (value - self._mean) * max(1.0 / self._count, _FAST))

    def _close(self) -> None:
        """Learn the hour that is over for the time of day."""
        if not self._values:
            return
        slot, mean = self._hour % _HOURS, self._sum / self._values
        off = mean - self._usual[slot]
        if self._days[slot] >= _KNOWN_DAYS:
            self._learn_spread(off)
            off = min(max(off, -_MOST_MOVED / _DAILY), _MOST_MOVED / _DAILY)
        self._days[slot] = min(self._days[slot] + 1, _HOURS)
        self._usual[slot] = _rounded(self._usual[slot] + off * max(1 / self._days[slot], _DAILY))

    def _learn_spread(self, off: float) -> None:
        self._hours += 1
        if self._hours > _HOURS:
            # One day that strays says no more of how much is usual than four deviations.
            off = min(abs(off), 4.0 * self._spread())
        weight = max(1.0 / self._hours, 0.01)
        self._variance = _rounded(self._variance + weight * (off * off - self._variance))


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")
