"""Whether a series that was busy at this hour has gone silent."""

from collections.abc import Collection
from typing import NamedTuple

from vigil.detection.chance import score_of
from vigil.detection.detectors.volume import Volume
from vigil.detection.warm_up import Need

# One empty window is what a late entry looks like.
FEWEST_MISSED = 2
# Less than the windows that are remembered as heard, so that the count does reach it.
MOST_MISSED = 30


class SilenceReading(NamedTuple):
    """That none came in `missed` windows, in which `usual` are expected, and how likely that is."""

    chance: float
    missed: int
    usual: float


class Silence:
    """Scores windows in which none came, by the rhythm that a `Volume` has learned.

    The chance is the negative binomial's of none at all where so many are usual at these hours:
    what sleeps at night is not silent then, nor are twenty requests a day that pause for hours, nor
    a job that runs once an hour. It has learned nothing of its own. After MOST_MISSED windows it is
    silence that is usual.

    >>> volume = Volume()
    >>> for minute in range(1440):
    ...     volume.learn_one(20, 60 * minute)
    >>> silence = Silence(volume)
    >>> silence.score_one([86_400]), silence.score_one([86_400, 86_460]) > 0.5
    (0.0, True)
    """

    def __init__(self, volume: Volume, *, minimum_windows: int = 10) -> None:
        self._volume = volume
        self._minimum_windows = minimum_windows

    def read_one(self, starts: Collection[int]) -> SilenceReading:
        """Return how likely it is that none came in the windows that began at `starts`.

        Those are windows since the last one with requests in which anything of the tenant was
        heard, in seconds since 1970.
        """
        chance, usual = 1.0, 0.0
        enough = self._volume.windows >= self._minimum_windows
        if enough and FEWEST_MISSED <= len(starts) <= MOST_MISSED:
            chance, usual = self._volume.chance_of_none(starts)
        return SilenceReading(chance, len(starts), usual)

    def needs(self) -> list[Need]:
        """Return what it needs to have been seen before it says anything."""
        busy = Need(self._volume.windows, self._minimum_windows, "windows with requests")
        return [*self._volume.needs(), busy]

    def score_one(self, starts: Collection[int]) -> float:
        """Return how unlikely it is, 0..1, that none came by luck."""
        return score_of(self.read_one(starts).chance)
