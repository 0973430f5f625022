"""How many events come for each unit of exposure, at which hour of the day."""

from typing import Any

_HOUR = 3600
_DAY = 24 * _HOUR
_HOURS = 24
# 1970 began on a Thursday.
_FIRST_WEEKDAY = 3
_SATURDAY = 5
_QUARTER = 900
# An hour is thought to be like the others until so many events say otherwise: as if hours differed
# by 45 %. And until it has been seen for a while, by the share of all events: minutes of an hour,
# hours of a weekend. Else trouble in a new hour would be usual with its first minute.
_HOUR_PRIOR = 5.0
_HOUR_SHARE = 0.0005
_WEEKEND_PRIOR = 20.0
_WEEKEND_SHARE = 0.01
_RECENT_PRIOR = 5.0
# What an hour of the day has seen counts so much a day later: half after four days.
_KEPT_BY_HOUR = 0.85
_KEPT_BY_WEEKEND = 0.98
# What the last windows have seen counts half after an hour of minutes.
_KEPT_RECENTLY = 0.5 ** (1 / 60)
# The last hour excuses at most so much, once the hour of the day is known: what rises faster than
# by that and a seventh a day is not learned in time to be quiet (FAULTS D31).
_MOST_RECENT = 2.0
_MOST_WHEN_NEW = 8.0


class HourlyRate:
    """Learns events for each unit of exposure: by hour of day, by weekend, and lately.

    Exposure is what events come from: windows for requests, requests for failures. A rate is that
    of the hour, shrunk towards that of all hours and interpolated between the middles of hours,
    times a factor for weekends, times how the last hour compares with both, which is bounded. All
    of them are Gamma posteriors with forgetting (West and Harrison, "Bayesian Forecasting and
    Dynamic Models", 1997: discounting), so that few events give wide rates. Time is UTC.

    >>> rate = HourlyRate(prior_events=0.5, prior_exposure=50.0)
    >>> for minute in range(600):
    ...     rate.learn(2, 100, 60 * minute)
    >>> round(rate.at(36_000), 3), rate.at(36_000) > HourlyRate(0.5, 50.0).at(0)
    (0.02, True)
    """

    def __init__(
        self, prior_events: float, prior_exposure: float, *, weekend_spread: float = 0.0
    ) -> None:
        """Take what is thought before any event, and how uncertain a weekend is that was not seen.

        `weekend_spread` is the variance of its factor.
        """
        self._prior = prior_events, prior_exposure
        self._weekend_spread = weekend_spread
        self._events = [0.0] * _HOURS
        self._exposure = [0.0] * _HOURS
        self._weekend = [0.0, 0.0]
        self._recent = [0.0, 0.0]
        self._hour = -1
        self._sums: tuple[float, float] | None = None

    def at(self, at: int) -> float:
        """Return the rate that is expected at an instant, in seconds since 1970."""
        return self._profile(at) * self._lately(at)

    def around(self, at: int) -> tuple[float, float, float]:
        """Return the least, the expected and the highest rate at an instant.

        Near the turn of an hour that is what the hours on both sides say: some jobs begin on time.
        """
        beside = [self._of_hour(_hour_of(at + offset)) for offset in (-_QUARTER, _QUARTER)]
        hourly = self._interpolated(at)
        factor = self._lately(at) * self._weekend_factor(at)
        return min(*beside, hourly) * factor, hourly * factor, max(*beside, hourly) * factor

    def spread(self, at: int) -> float:
        """Return how uncertain the rate is: its variance over its square."""
        hourly = self._events[_hour_of(at)] + _HOUR_PRIOR
        spread = 1.0 / hourly + 1.0 / (self._totals()[0] + self._prior[0])
        if not _is_weekend(at):
            return spread
        prior = self._weekend_prior()
        return spread + self._weekend_spread * prior / (self._weekend[1] + prior)

    def learn(
        self, events: float, exposure: float, at: int, *, weight: float = 1.0, trust: float = 1.0
    ) -> None:
        """Learn what came from the exposure in a window at an instant, with `weight` 0..1.

        `trust`, 0..1, is how far it may be taken for what is usual lately.
        """
        lately = weight * trust
        expected = self._profile(at) * exposure
        kept = _KEPT_RECENTLY**lately
        self._note_recent(
            self._recent[0] * kept + lately * events, self._recent[1] * kept + lately * expected
        )
        self.learn_hour(events, exposure, at, weight)

    def learn_hour(self, events: float, exposure: float, at: int, weight: float = 1.0) -> None:
        """Learn the same for the hour of the day alone, as if the last windows had not been."""
        hour, hours = _hour_of(at), at // _HOUR
        if hours != self._hour:
            self._forget(hour, at)
            self._hour = hours
        if _is_weekend(at):
            came, expected = self._weekend
            usual = weight * exposure * self._interpolated(at)
            self._weekend = [_rounded(came + weight * events), _rounded(expected + usual)]
        exposed = weight * exposure * self._weekend_factor(at)
        self._set_hour(hour, self._events[hour] + weight * events, self._exposure[hour] + exposed)

    def learn_none(self, windows: int, at: int) -> None:
        """Learn that none came in so many windows of exposure 1 within the hour at an instant."""
        self.skip(windows)
        self._note_recent(self._recent[0], self._recent[1] + windows * self._profile(at))
        self.learn_hour(0.0, windows, at)

    def skip(self, windows: int) -> None:
        """Forget the last windows as if so many more had passed, of which nothing is known."""
        kept = _KEPT_RECENTLY**windows
        self._note_recent(self._recent[0] * kept, self._recent[1] * kept)

    def accept(self, factor: float) -> None:
        """Take `factor` times what was usual, at most doubled or halved, as usual from now on."""
        bounded = min(max(factor, 1 / _MOST_RECENT), _MOST_RECENT)
        self._events = [_rounded(events * bounded) for events in self._events]
        self._sums = None

    def to_json(self) -> list[Any]:
        """Return what was learned as plain values."""
        lists = (self._events, self._exposure, self._weekend, self._recent)
        return [*(list(each) for each in lists), self._hour]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._events, self._exposure, self._weekend, self._recent = map(list, plain[:4])
        self._hour = plain[4]
        self._sums = None

    def _forget(self, hour: int, at: int) -> None:
        events, exposure = self._events[hour], self._exposure[hour]
        self._set_hour(hour, events * _KEPT_BY_HOUR, exposure * _KEPT_BY_HOUR)
        if _is_weekend(at):
            self._weekend = [_rounded(number * _KEPT_BY_WEEKEND) for number in self._weekend]

    def _note_recent(self, events: float, expected: float) -> None:
        # Rounded as they are learned, so that a state is the same after a round trip.
        self._recent = [_rounded(events), _rounded(expected)]

    def _set_hour(self, hour: int, events: float, exposure: float) -> None:
        self._events[hour], self._exposure[hour] = _rounded(events), _rounded(exposure)
        self._sums = None

    def _profile(self, at: int) -> float:
        return self._interpolated(at) * self._weekend_factor(at)

    def _interpolated(self, at: int) -> float:
        hour, past = divmod(at - _HOUR // 2, _HOUR)
        share = past / _HOUR
        before, after = self._of_hour(hour % _HOURS), self._of_hour((hour + 1) % _HOURS)
        return before + share * (after - before)

    def _of_hour(self, hour: int) -> float:
        events, exposure = self._events[hour], self._exposure[hour]
        prior = _HOUR_PRIOR + _HOUR_SHARE * self._totals()[0]
        return (events + prior) / (exposure + prior / self._overall())

    def _overall(self) -> float:
        prior_events, prior_exposure = self._prior
        events, exposure = self._totals()
        return (events + prior_events) / (exposure + prior_exposure)

    def _totals(self) -> tuple[float, float]:
        """Return the events and the exposure of all hours, added once for each window."""
        if self._sums is None:
            self._sums = sum(self._events), sum(self._exposure)
        return self._sums

    def _weekend_factor(self, at: int) -> float:
        if not _is_weekend(at):
            return 1.0
        came, expected = self._weekend
        prior = self._weekend_prior()
        return (came + prior) / (expected + prior)

    def _weekend_prior(self) -> float:
        return _WEEKEND_PRIOR + _WEEKEND_SHARE * self._totals()[0]

    def _lately(self, at: int) -> float:
        came, expected = self._recent
        new = _HOUR_PRIOR / (_HOUR_PRIOR + self._events[_hour_of(at)])
        most = _MOST_RECENT + _MOST_WHEN_NEW * new
        return min(max((came + _RECENT_PRIOR) / (expected + _RECENT_PRIOR), 1.0 / most), most)


def _hour_of(at: int) -> int:
    return at // _HOUR % _HOURS


def _is_weekend(at: int) -> bool:
    return (at // _DAY + _FIRST_WEEKDAY) % 7 >= _SATURDAY


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")
