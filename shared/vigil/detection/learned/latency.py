"""How long the requests of a series take."""

from typing import Any, ClassVar

from vigil.detection.detectors.learned_error_rate import ErrorRate, LearnedErrorRate
from vigil.detection.finding import Finding
from vigil.detection.latencies import first_slower_us, quantile_us, slower_than
from vigil.detection.phrases import luck, percent
from vigil.detection.reading import LATENCY_MS, Reading
from vigil.detection.rules.latency import latency, severity_of, shown_latency
from vigil.detection.seen import Seen
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

_MS = 1000.0
_MEDIAN = 0.5
# Where most requests are as usual, few are troubled.
_MOST = 0.5


class LearnedLatency:
    """Finds that more requests are slow than usual.

    Slow is what takes `thresholds.latency_factor` times as long as the baseline, and
    `thresholds.latency_minimum_increase_ms` longer. How many usually are is learned as the share of
    failures is: so a slow minority counts, one slow request among few does not, and what is certain
    can be told before its window is over. Until that is known the rule judges.
    """

    name: ClassVar[str] = "latency"

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._slow = LearnedErrorRate(relearn_after_windows=thresholds.relearn_after_windows)

    def find(self, seen: Seen) -> list[Finding]:
        """Return what strayed, and change nothing."""
        limit_us = self._limit_us(seen)
        if limit_us is None or not self._slow.ready:
            found = latency(seen.window, seen.baseline, self._thresholds)
            return [found] if found else []
        slow = slower_than(seen.window.latencies, limit_us)
        read = self._slow.read_one(slow, seen.window.timed, seen.place.start)
        return [self._finding(seen, read, limit_us)] if read.chance < 1.0 else []

    def learn(self, seen: Seen, *, strayed: bool) -> None:
        """Learn how many were slow; whether it strayed in anything else does not matter here."""
        limit_us = self._limit_us(seen)
        if limit_us is not None and seen.window.timed:
            slow = slower_than(seen.window.latencies, limit_us)
            by_rule = None if self._slow.ready else bool(self.find(seen))
            self._slow.learn_one(slow, seen.window.timed, seen.place.start, strayed=by_rule)

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

    def to_json(self) -> Any:
        """Return its state as plain values."""
        return self._slow.to_json()

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LearnedLatency":
        """Return what `to_json` gave."""
        learned = cls(thresholds)
        learned._slow = LearnedErrorRate.from_json(
            plain, relearn_after_windows=thresholds.relearn_after_windows
        )
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
            f"(baseline: {shown_latency(usual_us)}), usually {percent(read.usual)} take over "
            f"{shown_latency(limit_us)}, {luck(read.chance)}",
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


def _typical_slow_us(seen: Seen, limit_us: float) -> float:
    """Return the median of the slow ones; the limit, if this window has none of them."""
    slow = {
        b: count for b, count in seen.window.latencies.items() if slower_than({b: count}, limit_us)
    }
    return quantile_us(slow, _MEDIAN) if slow else limit_us


def _severity(share: float, factor: float) -> Severity:
    """Return how bad it is that a share of the requests takes so many times as long as usual."""
    severity = severity_of(factor)
    if share >= _MOST:
        return severity
    return Severity.MEDIUM if severity.pages else Severity.LOW
