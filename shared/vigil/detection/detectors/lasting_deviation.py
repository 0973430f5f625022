"""How far a series has been from its daily profile lately."""

from typing import Any

from vigil.detection.detectors.daily_profile import DailyProfile

_SPAN = 100
# What never varied may vary by so much of its size.
_SHARE = 1e-3


class LastingDeviation:
    """Looks at the exponentially weighted mean of how far numbers are above their daily profile.

    What is nothing in one number may be much in the mean of about a hundred: a level that rises by
    degrees, or that moved by little and stays. It must learn before the profile does.

    >>> profile = DailyProfile()
    >>> shift = LastingDeviation(profile)
    >>> for minute in range(15):
    ...     shift.learn_one(10.0, 60 * minute)
    ...     profile.learn_one(10.0, 60 * minute)
    >>> shift.look(111.0, 0)
    6.3125
    """

    name = "lasting_deviation"
    rise = "for long the farthest above the daily profile"
    fall = "for long the farthest below the daily profile"

    def __init__(self, profile: DailyProfile) -> None:
        self._profile = profile
        self._weight = 2.0 / (_SPAN + 1.0)
        self._count = 0
        self._mean = 0.0

    def look(self, value: float, at: int) -> float:
        """Return the mean with the number in it."""
        weight = max(1.0 / (self._count + 1), self._weight)
        return self._mean + weight * (self._profile.look(value, at) - self._mean)

    def least_unit(self, typical: float) -> float:
        """Return the unit of what never varied, of a series of `typical` size."""
        return _SHARE * typical

    def learn_one(self, value: float, at: int) -> None:
        """Take the number into the mean."""
        self._mean = self.look(value, at)
        self._count += 1

    def to_json(self) -> list[Any]:
        """Return its state as plain values, without the profile's."""
        return [self._count, float(f"{self._mean:.6g}")]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._count, self._mean = plain
