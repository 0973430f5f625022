"""All that watches one series of numbers, as one score."""

from collections.abc import Iterator
from math import log10
from typing import Any, NamedTuple, Protocol

from vigil.detection.chance import score_of
from vigil.detection.detectors.daily_profile import DailyProfile
from vigil.detection.detectors.hush import Hush
from vigil.detection.detectors.lasting_deviation import LastingDeviation
from vigil.detection.detectors.own_value import OwnValue
from vigil.detection.detectors.record import Record
from vigil.detection.detectors.spike_density import SpikeDensity
from vigil.detection.warm_up import Need

_WARM_UP = 300
_SMALLEST = 1e-9
# Every day of the week is seen once before anything is said.
_DAY = 86_400
_WARM_UP_SECONDS = 7 * _DAY


class Aspect(Protocol):
    """Something to look at in a series: a number derived from the value."""

    name: str
    rise: str
    fall: str

    def look(self, value: float, at: int) -> float:
        """Return the number to judge; changes nothing."""

    def least_unit(self, typical: float) -> float:
        """Return the unit of what never varied, of a series of `typical` size, not 0."""

    def learn_one(self, value: float, at: int) -> None:
        """Learn a value; they come in order of time."""

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""


class Stray(NamedTuple):
    """What strays in a value: the chance of it, the aspect, and which way it goes, in words."""

    chance: float
    aspect: str
    words: str


class SeriesDetector:
    """Scores each value of a series by what was never seen before, in several aspects of it.

    Values are finite numbers at instants in seconds since 1970, in order of time, not necessarily
    regular. Quantities that vary in proportion, such as latencies, are best given as logarithms.
    The score, 0..1, is of the common scale; a burst scores once, and again when it becomes worse.
    Nothing scores before `warm_up` values and `warm_up_seconds` have passed.

    >>> detector = SeriesDetector(warm_up=100, warm_up_seconds=0)
    >>> for minute in range(1000):
    ...     detector.learn_one(100 + minute * 37 % 50, 60 * minute)
    >>> detector.score_one(120, 60_000), detector.score_one(300, 60_000) > 0.5
    (0.0, True)
    >>> detector.reason(300, 60_000)
    'highest in 16 hours'
    """

    def __init__(self, warm_up: int = _WARM_UP, warm_up_seconds: int = _WARM_UP_SECONDS) -> None:
        self._profile = DailyProfile()
        # The profile learns after those that look at it.
        aspects: tuple[Aspect, ...] = (
            OwnValue(),
            SpikeDensity(),
            LastingDeviation(self._profile),
            self._profile,
        )
        self._watched = [(aspect, Record()) for aspect in aspects]
        self._warm_up = warm_up
        self._warm_up_seconds = warm_up_seconds
        self._hush = Hush()
        self._since = -1
        self._count = 0

    def ready(self, at: int) -> bool:
        """Whether enough has been seen, at an instant, to say what strays."""
        return self._count >= self._warm_up and at - self._since >= self._warm_up_seconds

    def needs(self, at: int) -> list[Need]:
        """Return what it is `ready` with at an instant, the time in whole days."""
        days = (at - self._since) // _DAY if self._count else 0
        return [
            Need(self._count, self._warm_up, "windows"),
            Need(days, -(-self._warm_up_seconds // _DAY), "days"),
        ]

    def score_one(self, value: float, at: int) -> float:
        """Return how unlikely the value is by luck, 0..1; changes nothing."""
        heard = self._hush.heard(-log10(self.stray(value, at).chance))
        return score_of(10.0**-heard)

    def learn_one(self, value: float, at: int) -> None:
        """Learn a value."""
        if not self._count:
            self._since = at
        ready, chance, typical = self.ready(at), 1.0, self._typical()
        for aspect, record in self._watched:
            number, least = aspect.look(value, at), aspect.least_unit(typical)
            if ready:
                chance = min(chance, record.chance(number, least))
            record.learn(number, least, whole=not ready)
            aspect.learn_one(value, at)
        self._hush.learn(-log10(self._of_all(chance)))
        self._count += 1

    def stray(self, value: float, at: int) -> Stray:
        """Return what is least likely in the value; its chance is 1.0 if nothing is odd."""
        found = min(self._strays(value, at), default=Stray(1.0, "", ""))
        return found._replace(chance=self._of_all(found.chance))

    def reason(self, value: float, at: int) -> str:
        """Return in words what strays: "highest in 12 days"; empty if nothing does."""
        words = self.stray(value, at).words
        return f"{words} in {_span(at - self._since)}" if words else ""

    def usual(self, at: int) -> tuple[float, float, float] | None:
        """Return the low, the middle and the high of what is usual at an instant, if known."""
        middle = self._profile.usual(at)
        if middle is None:
            return None
        below, _, above = self._watched[-1][1].band()
        return middle + below, middle, middle + above

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        watched = [[aspect.to_json(), record.to_json()] for aspect, record in self._watched]
        return [self._since, self._count, self._hush.to_json(), watched]

    @classmethod
    def from_json(
        cls, plain: list[Any], *, warm_up: int = _WARM_UP, warm_up_seconds: int = _WARM_UP_SECONDS
    ) -> "SeriesDetector":
        """Return what `to_json` gave."""
        detector = cls(warm_up, warm_up_seconds)
        detector._since, detector._count, hush, watched = plain
        detector._hush = Hush.from_json(hush)
        for (aspect, record), (of_aspect, of_record) in zip(
            detector._watched, watched, strict=True
        ):
            aspect.restore(of_aspect)
            record.restore(of_record)
        return detector

    def _strays(self, value: float, at: int) -> Iterator[Stray]:
        if not self.ready(at):
            return
        typical = self._typical()
        for aspect, record in self._watched:
            number = aspect.look(value, at)
            chance = record.chance(number, aspect.least_unit(typical))
            if chance < 1.0:
                yield Stray(
                    chance, aspect.name, aspect.rise if record.above(number) else aspect.fall
                )

    def _typical(self) -> float:
        """Return the usual size of a value, never 0."""
        return abs(self._watched[0][1].band()[1]) or _SMALLEST

    def _of_all(self, chance: float) -> float:
        """Return the chance that any of the aspects strays as far (Bonferroni)."""
        return min(len(self._watched) * chance, 1.0)


def _span(seconds: int) -> str:
    for name, length in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds // length} {name}"
    return f"{seconds // 60} minutes"
