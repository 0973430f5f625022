"""The share of failures beside the one that was learned."""

from typing import Any, NamedTuple

from vigil.detection.beta_binomial import upper_tail
from vigil.detection.chance import score_of
from vigil.detection.detectors.held_back import Held, HeldBack
from vigil.detection.detectors.hourly_rate import HourlyRate
from vigil.detection.detectors.recent_counts import RecentCounts, Sum, tries_of
from vigil.detection.detectors.strays import Strays
from vigil.detection.warm_up import Need

# Before anything was seen: half a failure in fifty. So 0 of 300 does not make the rate zero.
_PRIOR_FAILED, _PRIOR_TOTAL = 0.5, 50.0
_WARM_UP = 60
_READY_WINDOWS, _READY_TOTAL = 30, 100
# One failure of one is no news, and two are a coincidence.
_FEWEST_FAILED = 3
_WORSE = 2.0
# At the ceiling it does not count how much a rate has varied: what fails ever more often, slowly,
# has taught that as well.
_SPREAD_AT_CEILING = 0.05


class ErrorRate(NamedTuple):
    """What was seen beside what is usual.

    `failed` of `total` in the last `windows` windows, of which the usual share is `usual`;
    `chance` is how likely as many fail by luck, 1.0 where it is no news in any case.
    """

    chance: float
    failed: int
    total: int
    usual: float
    windows: int = 1


class LearnedErrorRate:
    """Scores how many failed by the rate that was learned for this hour of the day.

    The chance is the upper tail of the beta-binomial distribution: rates breathe, by how much is
    learned as well, and a rate that is known from little is uncertain. Windows are judged alone and
    as sums of several, and the least chance counts, times the number of sums. It is no news unless
    at least three failed, at twice the usual rate, in the sum and in its last window. A rate above
    `ceiling` is never usual, whatever was learned.

    >>> rate = LearnedErrorRate()
    >>> for minute in range(120):
    ...     rate.learn_one(2, 200, 60 * minute)
    >>> rate.score_one(5, 200, 7200) < 0.2, rate.score_one(50, 200, 7200) > 0.5
    (True, True)
    """

    def __init__(self, *, ceiling: float = 0.5, relearn_after_windows: int = 30) -> None:
        self._ceiling = ceiling
        self._strays = Strays(many=relearn_after_windows)
        self._rate = HourlyRate(_PRIOR_FAILED, _PRIOR_TOTAL)
        self._recent = RecentCounts(_WARM_UP)
        self._held = HeldBack()
        self._since = -1
        self._windows = 0
        self._total = 0

    @property
    def since(self) -> int | None:
        """When the first window that was learned began, in seconds since 1970."""
        return None if self._since < 0 else self._since

    @property
    def ready(self) -> bool:
        """Whether enough has been seen to say what is usual."""
        return self._windows >= _READY_WINDOWS and self._total >= _READY_TOTAL

    @property
    def windows(self) -> int:
        """How many windows have been learned."""
        return self._windows

    def needs(self, what: str) -> list[Need]:
        """Return what it is `ready` with; `what` is that of which some fail."""
        return [
            Need(self._windows, _READY_WINDOWS, "windows"),
            Need(self._total, _READY_TOTAL, what),
        ]

    def usual(self, at: int) -> float:
        """Return the usual share of failures, 0..1, at an instant in seconds since 1970."""
        return min(self._rate.at(at), self._ceiling)

    def read_one(self, failed: int, total: int, at: int) -> ErrorRate:
        """Return what a window that began `at` shows beside what is usual; changes nothing."""
        usual = self.usual(at)
        quiet = ErrorRate(1.0, failed, total, usual)
        if not self.ready or failed < max(_WORSE * usual * total, 1.0):
            return quiet
        _, expected, most = self._rate.around(at)
        if failed < _WORSE * min(most, self._ceiling) * total:
            return quiet
        uncertain = self._rate.spread(at)
        sums = self._recent.sums(failed, expected * total, total)
        return min([quiet, *[self._read(each, uncertain, most / expected) for each in sums]])

    def score_one(self, failed: int, total: int, at: int) -> float:
        """Return how unlikely it is, 0..1, that as many failed by luck; changes nothing."""
        return score_of(self.read_one(failed, total, at).chance)

    def learn_one(self, failed: int, total: int, at: int, *, strayed: bool | None = None) -> None:
        """Learn a window; windows come in order of time.

        One that `strayed`, by its own score if it is not told, is learned by little until
        `relearn_after_windows` did; then it is usual, by at most a doubling each time.
        """
        if not total:
            return
        if strayed is None:
            strayed = self.score_one(failed, total, at) >= 0.5  # noqa: PLR2004 - one in a million
        usual = self._rate.at(at)
        weight = self._strays.note(strayed)
        if self._strays.lasting:
            self._rate.accept(failed / (total * usual))
            self._strays.settle()
        trust = self._recent.learn(failed, usual * total, total, strayed=weight < 1.0)
        window = Held(failed, total, at, round(weight * trust, 4))
        # What is hardly known is learned at once.
        due = self._held.add(window) if self._windows >= _WARM_UP else window
        if due is not None:
            self._rate.learn(due.events, due.exposure, due.at, weight=due.weight)
        self._since = at if self._since < 0 else self._since
        self._windows += 1
        self._total += total

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        counts = [self._since, self._windows, self._total]
        parts = (self._rate, self._recent, self._strays, self._held)
        return [*(part.to_json() for part in parts), counts]

    @classmethod
    def from_json(
        cls, plain: list[Any], *, ceiling: float = 0.5, relearn_after_windows: int = 30
    ) -> "LearnedErrorRate":
        """Return what `to_json` gave."""
        detector = cls(ceiling=ceiling, relearn_after_windows=relearn_after_windows)
        detector._rate.restore(plain[0])
        detector._recent = RecentCounts.from_json(plain[1], _WARM_UP)
        detector._strays.restore(plain[2])
        detector._held.restore(plain[3])
        detector._since, detector._windows, detector._total = plain[4]
        return detector

    def _read(self, seen: Sum, uncertain: float, margin: float) -> ErrorRate:
        usual = min(seen.expected * margin / seen.exposure, self._ceiling)
        chance = _chance_of(seen, usual, seen.spread + uncertain)
        chance = min(chance, _chance_of(seen, self._ceiling, _SPREAD_AT_CEILING))
        return ErrorRate(chance, seen.came, seen.exposure, usual, seen.windows)


def _chance_of(seen: Sum, usual: float, spread: float) -> float:
    if seen.came < max(_FEWEST_FAILED, _WORSE * usual * seen.exposure):
        return 1.0
    return min(
        tries_of(seen) * upper_tail(seen.came, seen.exposure, mean=usual, spread=spread), 1.0
    )
