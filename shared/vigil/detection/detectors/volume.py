"""How many requests come, beside how many usually come at this time of day."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from vigil.detection.chance import score_of
from vigil.detection.detectors.hourly_rate import HourlyRate
from vigil.detection.detectors.recent_counts import RecentCounts, Sum, tries_of
from vigil.detection.detectors.strays import Strays
from vigil.detection.negative_binomial import lower_tail, upper_tail
from vigil.detection.warm_up import Need

Direction = Literal["up", "down"]

# Before anything was seen: one request a window, known from one window.
_PRIOR_REQUESTS, _PRIOR_WINDOWS = 1.0, 1.0
# On a weekend that has not been seen half of them may come.
_WEEKEND_SPREAD = 0.25
# About a day of minutes, so that what happens once a day has happened; counts forget by degrees.
_WARM_UP = 1400
_READY_WINDOWS = 240
# Less than half as many again, and more than two thirds, is no news, however sure.
_FACTOR = 1.5
# Nor is a handful more than usual.
_FEWEST_MORE = 20
# A window of several must itself have strayed, by the root of the factor: else it is over.
_STILL = 1.2
_SIDES = 2
# That none came by a chance less than this was no luck.
_IMPOSSIBLE = 1e-6
_HOUR = 3600
# As long as silence is told of.
_LONG_GAP_WINDOWS = 30
_LONGEST_GAP = 7 * 24 * _HOUR


class Volume:
    """Scores the number of requests in a window by what is learned for this time of day and week.

    The chance is a tail of the negative binomial distribution: requests breathe, by how much is
    learned as well, and what is known from little is uncertain. Windows are judged alone and as
    sums of several, and the least chance counts, times the number of sums and of sides; so a modest
    fall that lasts is found within some windows, while a single odd minute is quiet. Windows
    without any requests need not be given: those between two that are count as such. `at` is when
    a window began, in seconds since 1970.

    >>> volume = Volume()
    >>> for minute in range(1500):
    ...     volume.learn_one(100 + minute % 7, 60 * minute)
    >>> volume.score_one(60, 90_000) < 0.3, volume.score_one(3, 90_000) > 0.5
    (True, True)
    >>> volume.read_one(3, 90_000).direction
    'down'
    """

    def __init__(self, *, window_seconds: int = 60, relearn_after_windows: int = 30) -> None:
        self._seconds = window_seconds
        self._strays = Strays(many=relearn_after_windows)
        self._rate = HourlyRate(_PRIOR_REQUESTS, _PRIOR_WINDOWS, weekend_spread=_WEEKEND_SPREAD)
        self._recent = RecentCounts(_WARM_UP)
        self._since = -1
        self._last = -1
        self._windows = 0

    @property
    def since(self) -> int | None:
        """When the first window that was learned began, in seconds since 1970."""
        return None if self._since < 0 else self._since

    @property
    def ready(self) -> bool:
        """Whether enough windows have passed to say what is usual."""
        return self._last - self._since >= _READY_WINDOWS * self._seconds

    def needs(self) -> list[Need]:
        """Return what it is `ready` with: windows that have passed, with requests or without."""
        return [Need((self._last - self._since) // self._seconds, _READY_WINDOWS, "windows")]

    @property
    def windows(self) -> int:
        """How many windows with requests have been learned."""
        return self._windows

    def usual(self, at: int) -> float:
        """Return how many requests usually come in a window at this time."""
        return self._rate.at(at)

    def read_one(self, count: int, at: int) -> "VolumeReading":
        """Return what a window shows beside what is usual; changes nothing."""
        least, usual, most = self._rate.around(at)
        quiet = VolumeReading(1.0, "up", count, usual)
        if not self.ready or least / _STILL < count < most * _STILL:
            return quiet
        uncertain = self._rate.spread(at)
        missed = (at - self._last) // self._seconds - 1
        sums = self._recent.sums(count, usual, 1, missed=missed)
        if count > usual:
            return min([quiet, *[_risen(each, uncertain, most / usual) for each in sums]])
        return min([quiet, *[_fallen(each, uncertain, least / usual) for each in sums]])

    def score_one(self, count: int, at: int) -> float:
        """Return how unlikely it is, 0..1, that so many or few came by luck; changes nothing."""
        return score_of(self.read_one(count, at).chance)

    def chance_of_none(self, starts: Iterable[int]) -> tuple[float, float]:
        """Return how likely none came in the windows that began then, and how many usually do."""
        expected = sum([self._rate.around(start)[0] for start in starts])
        return self._chance_of_none(expected, self._last), expected

    def learn_one(self, count: int, at: int, *, strayed: bool | None = None) -> None:
        """Learn a window; windows come in order of time.

        One that `strayed`, by its own score if it is not told, is learned by little until
        `relearn_after_windows` did; then it is usual, by at most a doubling or halving each time.
        """
        if strayed is None:
            strayed = self.score_one(count, at) >= 0.5  # noqa: PLR2004 - one in a million
        self._learn_gap(at)
        usual = self.usual(at)
        weight = self._strays.note(strayed)
        if self._strays.lasting:
            self._rate.accept(count / usual)
            self._strays.settle()
        trust = self._recent.learn(count, usual, 1, strayed=weight < 1.0)
        self._rate.learn(count, 1, at, weight=weight, trust=trust)
        self._since = at if self._since < 0 else self._since
        self._last = at
        self._windows += 1

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        counts = [self._since, self._last, self._windows]
        return [self._rate.to_json(), self._recent.to_json(), self._strays.to_json(), counts]

    @classmethod
    def from_json(
        cls, plain: list[Any], *, window_seconds: int = 60, relearn_after_windows: int = 30
    ) -> "Volume":
        """Return what `to_json` gave."""
        volume = cls(window_seconds=window_seconds, relearn_after_windows=relearn_after_windows)
        volume._rate.restore(plain[0])
        volume._recent = RecentCounts.from_json(plain[1], _WARM_UP)
        volume._since, volume._last, volume._windows = plain[3]
        volume._strays.restore(plain[2])
        return volume

    def _chance_of_none(self, expected: float, at: int) -> float:
        spread = max(each.spread for each in self._recent.sums(0, 0.0, 1))
        return lower_tail(0, shape=1.0 / (spread + self._rate.spread(at)), mean=expected)

    def _learn_gap(self, at: int) -> None:
        """Learn the windows since the last one, in which none came, if that can have been luck.

        If not, it was trouble, or nothing of the tenant was heard. After a long such gap it is the
        hours of the day that are learned to be quiet, and nothing of how many come lately.
        """
        parts = self._parts_until(at) if self._last >= 0 else []
        rates = [(start, windows, self._rate.around(start)) for start, windows in parts]
        expected = sum([windows * least for _, windows, (least, _, _) in rates])
        lucky = self._chance_of_none(expected, at) >= _IMPOSSIBLE
        missed = sum([windows for _, windows in parts])
        for start, windows, (_, usual, _) in rates:
            if lucky:
                self._recent.learn_none(windows, usual)
                self._rate.learn_none(windows, start)
            elif missed >= _LONG_GAP_WINDOWS:
                self._rate.learn_hour(0.0, windows, start)
        if not lucky:
            self._rate.skip(missed)

    def _parts_until(self, at: int) -> list[tuple[int, int]]:
        """Return the windows between the last one and `at`, by hour: start and how many."""
        parts: list[tuple[int, int]] = []
        start = max(self._last + self._seconds, at - _LONGEST_GAP)
        while start < at:
            turn = min((start // _HOUR + 1) * _HOUR, at)
            windows = -(-(turn - start) // self._seconds)
            parts.append((start, windows))
            start += windows * self._seconds
        return parts


class VolumeReading(NamedTuple):
    """What was seen beside what is usual.

    `came` requests came in the last `windows` windows, where `usual` are expected; `chance` is how
    likely so many or few come by luck, 1.0 where it is no news in any case.
    """

    chance: float
    direction: Direction
    came: int
    usual: float
    windows: int = 1


def _risen(seen: Sum, uncertain: float, margin: float) -> VolumeReading:
    usual, chance = seen.expected * margin, 1.0
    if seen.came >= max(_FACTOR * usual, usual + _FEWEST_MORE):
        tail = upper_tail(seen.came, shape=1.0 / (seen.spread + uncertain), mean=usual)
        chance = min(_SIDES * tries_of(seen) * tail, 1.0)
    return VolumeReading(chance, "up", seen.came, seen.expected, seen.windows)


def _fallen(seen: Sum, uncertain: float, margin: float) -> VolumeReading:
    usual, chance = seen.expected * margin, 1.0
    if seen.came <= usual / _FACTOR:
        tail = lower_tail(seen.came, shape=1.0 / (seen.spread + uncertain), mean=usual)
        chance = min(_SIDES * tries_of(seen) * tail, 1.0)
    return VolumeReading(chance, "down", seen.came, seen.expected, seen.windows)
