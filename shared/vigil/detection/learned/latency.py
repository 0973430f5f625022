"""How long the requests of a series take."""

from dataclasses import replace
from math import exp, log
from typing import Any, ClassVar

from vigil.detection.baseline import Baseline
from vigil.detection.chance import chance_of
from vigil.detection.detectors.first_windows import FirstWindows
from vigil.detection.detectors.hourly_shift import HourlyShift
from vigil.detection.detectors.learned_error_rate import ErrorRate, LearnedErrorRate
from vigil.detection.detectors.series_detector import SeriesDetector
from vigil.detection.finding import Finding
from vigil.detection.latencies import (
    first_slower_us,
    quantile_us,
    slower_than,
)
from vigil.detection.phrases import luck
from vigil.detection.reading import LATENCY_MS, Reading
from vigil.detection.rules.latency import latency, severity_of, shown_latency
from vigil.detection.seen import Seen
from vigil.detection.trust import PRIOR_OF_LIMITS
from vigil.detection.warm_up import Need, Subject, WarmUp
from vigil.model.anomaly import AnomalyType
from vigil.model.duration_sketch import duration_bucket
from vigil.model.percent import percent
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

_MS = 1000.0
_MEDIAN = 0.5
# Where most requests are as usual, few are troubled.
_MOST = 0.5
# A quarter longer than usual, as a logarithm: less is nobody's business.
_LEAST_RISE = 0.223
# Twice as long is worth more than a note.
_MUCH = 2.0


class LearnedLatency:
    """Finds that more requests are slow than usual, and that all of them become slower.

    Slow is what takes `thresholds.latency_factor` times as long as the baseline, and
    `thresholds.latency_minimum_increase_ms` longer. How many usually are is learned as the share of
    failures is: so a slow minority counts, one slow request among few does not, and what is certain
    can be told before its window is over. Until that is known the rule judges, where fewer were
    slow before.

    What stays below that limit shows in the median: at once, when it goes beyond all that it did
    before, or by degrees, beside the same hour of other days. Nobody is woken for it.
    """

    name: ClassVar[str] = "latency"

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._slow = LearnedErrorRate(relearn_after_windows=thresholds.relearn_after_windows)
        self._first = FirstWindows()
        self._median = SeriesDetector()
        self._shift = HourlyShift()

    def find(self, seen: Seen) -> list[Finding]:
        """Return what strayed, and change nothing."""
        found = [self._slow_requests(seen), self._unseen_median(seen), self._slow_shift(seen)]
        return [finding for finding in found if finding is not None]

    def _slow_requests(self, seen: Seen) -> Finding | None:
        limit_us = self._limit_us(seen)
        if limit_us is None:
            return latency(seen.window, seen.baseline, self._thresholds)
        slow = slower_than(seen.window.latencies, limit_us)
        if not self._slow.ready:
            # How many are slow is not known yet, and one alone lifts the mean of a few.
            return self._most_are_slow(seen, slow) if slow > _MOST * seen.window.timed else None
        read = self._slow.read_one(slow, seen.window.timed, seen.place.start)
        return self._finding(seen, read, limit_us) if read.chance < 1.0 else None

    def _most_are_slow(self, seen: Seen, slow: int) -> Finding | None:
        """Return that the limit is broken, as sure as it is that fewer were slow before."""
        found = latency(seen.window, seen.baseline, self._thresholds)
        if found is None or found.confidence < self._thresholds.minimum_confidence:
            return None
        chance = self._first.chance(slow, seen.window.timed)
        return replace(found, chance=chance, prior=PRIOR_OF_LIMITS)

    def _unseen_median(self, seen: Seen) -> Finding | None:
        """Return that the median went up as it never did, in a window with enough requests."""
        if seen.window.timed < max(self._thresholds.minimum_requests, 1):
            return None
        value, at = _log_median(seen), seen.place.start
        score = self._median.score_one(value, at)
        usual = self._median.usual(at)
        if not score or usual is None or value - usual[1] < _LEAST_RISE:
            return None
        return _rise(
            AnomalyType.LATENCY_INCREASE,
            "latency_level",
            f"median latency {shown_latency(exp(value))}, usually {shown_latency(exp(usual[1]))} "
            f"at this hour: {self._median.reason(value, at)}",
            (exp(value), exp(usual[1])),
            chance_of(score),
        )

    def _slow_shift(self, seen: Seen) -> Finding | None:
        """Return that the last hour was slower than that hour of other days."""
        if not seen.window.timed:
            return None
        value, at = _log_median(seen), seen.place.start
        above = self._shift.shift(at)
        chance = self._shift.chance(at)
        if above is None or above < _LEAST_RISE or chance >= 1.0:
            return None
        now_us = exp(value)
        usual_us = now_us / exp(above)
        return _rise(
            AnomalyType.PERFORMANCE_DEGRADATION,
            "slow_shift",
            f"the median latency of the last hour is {exp(above):.2f} times that of the same hour "
            f"on other days, {luck(chance)}",
            (now_us, usual_us),
            chance,
        )

    def learn(self, seen: Seen) -> None:
        """Learn how many were slow; whether it strayed in anything else does not matter here."""
        self._learn_slow(seen, self._limit_us(seen))
        if seen.window.timed >= max(self._thresholds.minimum_requests, 1):
            self._median.learn_one(_log_median(seen), seen.place.start)
        if seen.window.timed:
            self._shift.learn_one(_log_median(seen), seen.place.start)

    def _learn_slow(self, seen: Seen, limit_us: float | None) -> None:
        timed = seen.window.timed
        if limit_us is None:
            # What the limit will be made of is not slow beside it.
            self._first.learn_one(0, timed)
        elif timed:
            slow, strayed = slower_than(seen.window.latencies, limit_us), None
            if not self._slow.ready:
                found = self._slow_requests(seen)
                strayed = found is not None and seen.is_sure(
                    found, self._thresholds.minimum_confidence
                )
                self._first.learn_one(slow, timed, strayed=strayed)
            self._slow.learn_one(slow, timed, seen.place.start, strayed=strayed)

    def readings(self, seen: Seen) -> list[Reading]:
        """Return the median, beside the baseline and the limit of what is slow."""
        if not seen.window.timed:
            return []
        limit_us = self._limit_us(seen)
        usual = seen.baseline.latency_us / _MS if seen.baseline and limit_us else None
        high = limit_us / _MS if limit_us else None
        median = quantile_us(seen.window.latencies, _MEDIAN) / _MS
        place = seen.place
        return [Reading(place.series, place.start, LATENCY_MS, median, None, usual, high)]

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned."""
        if not baseline.samples:
            return []
        least = self._thresholds.baseline_minimum_samples
        timed = Need(baseline.samples, least, "requests with a latency")
        return [
            WarmUp(Subject.SLOW_REQUESTS, [timed, *self._slow.needs("requests")]),
            WarmUp(Subject.HOUR_OF_DAY, self._shift.needs()),
            WarmUp(Subject.MEDIAN_LATENCY, self._median.needs(at)),
        ]

    def to_json(self) -> Any:
        """Return its state as plain values."""
        first = [] if self._slow.ready else [self._first.to_json()]
        return [self._slow.to_json(), self._median.to_json(), self._shift.to_json(), *first]

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LearnedLatency":
        """Return what `to_json` gave."""
        learned = cls(thresholds)
        slow, median, shift, *first = plain
        # None where it is known how many are slow.
        learned._first = FirstWindows.from_json(first[0]) if first else FirstWindows()
        learned._slow = LearnedErrorRate.from_json(
            slow, relearn_after_windows=thresholds.relearn_after_windows
        )
        learned._median = SeriesDetector.from_json(median)
        learned._shift = HourlyShift.from_json(shift)
        return learned

    def _limit_us(self, seen: Seen) -> float | None:
        """Return from when on a request is slow, None while no latency has been learned."""
        baseline, thresholds = seen.baseline, self._thresholds
        if baseline is None or baseline.samples < thresholds.baseline_minimum_samples:
            return None
        usual = baseline.latency_us
        return max(
            thresholds.latency_factor * usual,
            usual + thresholds.latency_minimum_increase_ms * _MS,
        )

    def _finding(self, seen: Seen, read: ErrorRate, limit_us: float) -> Finding:
        window = seen.window
        usual_us = seen.baseline.latency_us if seen.baseline else 0.0
        onset_us = first_slower_us(window.latencies, limit_us)
        slow_us = _typical_slow_us(seen, limit_us)
        began_us = onset_us if read.windows == 1 else None
        share = window.share_since(began_us, read.failed, read.total)
        within = f" in {read.windows} windows" if read.windows > 1 else ""
        return Finding(
            AnomalyType.LATENCY_INCREASE,
            _severity(share, slow_us / max(usual_us, 1.0)),
            0.0,
            f"{read.failed} of {read.total} requests{within} took about {shown_latency(slow_us)} "
            f"(baseline: {shown_latency(usual_us)}), usually "
            f"{percent(read.usual, digits=1)} take over {shown_latency(limit_us)}, "
            f"{luck(read.chance)}",
            {
                "latency_ms": window.latency_us / max(window.timed, 1) / _MS,
                "baseline_latency_ms": usual_us / _MS,
                "slow": read.failed,
                "requests": read.total,
                "usual_slow_rate": read.usual,
                "learned_since": float(self._slow.since or 0),
            },
            onset_us,
            trace_ids=tuple(dict.fromkeys([t for us, t in window.slowest if us > limit_us])),
            detector="latency",
            chance=read.chance,
        )


def _log_median(seen: Seen) -> float:
    return round(log(max(quantile_us(seen.window.latencies, _MEDIAN), 1.0)), 4)


def _rise(
    anomaly_type: AnomalyType,
    detector: str,
    words: str,
    now_and_usual_us: tuple[float, float],
    chance: float,
) -> Finding:
    now_us, usual_us = now_and_usual_us
    return Finding(
        anomaly_type,
        Severity.MEDIUM if now_us >= _MUCH * usual_us else Severity.LOW,
        0.0,
        words,
        {"latency_ms": now_us / _MS, "baseline_latency_ms": usual_us / _MS},
        detector=detector,
        chance=chance,
    )


def _typical_slow_us(seen: Seen, limit_us: float) -> float:
    """Return the median of the slow ones; the limit, if this window has none of them."""
    lowest = duration_bucket(int(limit_us))
    slow = {bucket: each for bucket, each in seen.window.latencies.items() if bucket >= lowest}
    return quantile_us(slow, _MEDIAN) if slow else limit_us


def _severity(share: float, factor: float) -> Severity:
    """Return how bad it is that a share of the requests takes so many times as long as usual."""
    severity = severity_of(factor)
    if share >= _MOST:
        return severity
    return Severity.MEDIUM if severity.pages else Severity.LOW
