"""All that watches one series of numbers, as one score."""

from math import log10
from typing import Any, NamedTuple, Protocol

from vigil.detection.chance import score_of
from vigil.detection.detectors.first_difference import FirstDifference
from vigil.detection.detectors.hush import Hush
from vigil.detection.detectors.level import Level
from vigil.detection.detectors.own_value import OwnValue
from vigil.detection.detectors.profile import Profile
from vigil.detection.detectors.record import Record
from vigil.detection.detectors.spike_density import SpikeDensity
from vigil.detection.detectors.spread import Spread

_WARM_UP = 300


class Aspect(Protocol):
    """Something to look at in a series: a number derived from the value."""

    name: str
    rise: str
    fall: str

    def look(self, value: float, at: int) -> float | None:
        """Return the number to judge, None while there is none; changes nothing."""

    def learn_one(self, value: float, at: int) -> None:
        """Learn a value; they come in order of time."""

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""


class Stray(NamedTuple):
    """What strays in a value: the aspect, the chance of it, and which way it goes."""

    chance: float
    aspect: str
    words: str


class SeriesDetector:
    """Scores each value of a series by what was never seen before, in several aspects of it.

    Values are finite numbers at instants in seconds since 1970, in order of time, not necessarily
    regular. The score, 0..1, is of the common scale; a burst scores once, and again when it
    becomes worse. Nothing scores before `warm_up` values.

    >>> detector = SeriesDetector(warm_up=100)
    >>> for minute in range(1000):
    ...     detector.learn_one(100 + minute * 37 % 50, 60 * minute)
    >>> detector.score_one(120, 60_000), detector.score_one(300, 60_000) > 0.5
    (0.0, True)
    >>> detector.reason(300, 60_000)
    'most jumps in a short time in 16 hours'
    """

    def __init__(self, warm_up: int = _WARM_UP) -> None:
        self._profile = Profile(hours=168)
        aspects: tuple[Aspect, ...] = (
            OwnValue(),
            FirstDifference(),
            Level(),
            Spread(),
            Profile(hours=24),
            self._profile,
            SpikeDensity(),
        )
        self._watched = [(aspect, Record(warm_up)) for aspect in aspects]
        self._warm_up = warm_up
        self._hush = Hush()
        self._since: int | None = None

    @property
    def aspects(self) -> int:
        """In how many aspects a value is looked at: so often luck has its chance."""
        return len(self._watched)

    def score_one(self, value: float, at: int) -> float:
        """Return how unlikely the value is by luck, 0..1; changes nothing."""
        heard = self._hush.heard(-log10(self.stray(value, at).chance))
        return score_of(10.0**-heard)

    def learn_one(self, value: float, at: int) -> None:
        """Learn a value."""
        surprise = 0.0
        for aspect, record in self._watched:
            number = aspect.look(value, at)
            if number is not None:
                surprise = max(surprise, -log10(record.chance(number)))
                record.learn(number)
            aspect.learn_one(value, at)
        self._hush.learn(surprise)
        self._since = at if self._since is None else self._since

    def stray(self, value: float, at: int) -> Stray:
        """Return what is least likely in the value; its chance is 1.0 if nothing is odd."""
        found = Stray(1.0, "", "")
        for aspect, record in self._watched:
            number = aspect.look(value, at)
            chance = 1.0 if number is None else record.chance(number)
            if number is not None and chance < found.chance:
                words = aspect.rise if number > record.band()[1] else aspect.fall
                found = Stray(chance, aspect.name, words)
        return found

    def reason(self, value: float, at: int) -> str:
        """Return in words what strays: "highest in 12 days"; empty if nothing does."""
        found = self.stray(value, at)
        since = at if self._since is None else self._since
        return f"{found.words} in {_span(at - since)}" if found.words else ""

    def usual(self, at: int) -> tuple[float, float, float] | None:
        """Return the low, the middle and the high of what is usual at an instant, if known."""
        middle = self._profile.usual(at)
        records = {aspect.name: record for aspect, record in self._watched}
        if middle is None:
            return None if self._since is None else records[OwnValue.name].band()
        low, _, high = records[self._profile.name].band()
        return middle + low, middle, middle + high

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        watched = [[aspect.to_json(), record.to_json()] for aspect, record in self._watched]
        return [self._since, self._hush.to_json(), watched]

    @classmethod
    def from_json(cls, plain: list[Any], *, warm_up: int = _WARM_UP) -> "SeriesDetector":
        """Return what `to_json` gave."""
        detector = cls(warm_up)
        detector._since = plain[0]
        detector._hush = Hush.from_json(plain[1])
        pairs = zip(detector._watched, plain[2], strict=True)
        watched = []
        for (aspect, _), (of_aspect, of_record) in pairs:
            aspect.restore(of_aspect)
            watched.append((aspect, Record.from_json(of_record, warm_up)))
        detector._watched = watched
        return detector


def _span(seconds: int) -> str:
    for name, length in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds // length} {name}"
    return f"{seconds // 60} minutes"
