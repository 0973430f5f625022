"""How much longer the callers of a series wait than it says that it took."""

from typing import Any, ClassVar

from vigil.detection.baseline import Baseline
from vigil.detection.detectors.usual_waits import LongWaits, UsualWaits
from vigil.detection.finding import Finding
from vigil.detection.latencies import first_slower_us, quantile_us
from vigil.detection.phrases import luck
from vigil.detection.reading import Reading
from vigil.detection.rules.latency import shown_latency
from vigil.detection.seen import Seen
from vigil.detection.warm_up import Subject, WarmUp
from vigil.model.anomaly import AnomalyType
from vigil.model.percent import percent
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

_MS = 1000.0
_MEDIAN = 0.5
_MOST = 0.5
# What would come by luck in one window of a thousand is not learned at once.
_UNLIKELY = 1e-3


class LearnedWaits:
    """Finds that callers wait for a series longer than usual, although it says it is as fast.

    The trouble lies between the two: in the network, in a queue, or in a service that hardly gets
    to run. It is a finding of the series that was called, for its callers wait, but not for each
    other. Long is what exceeds the usual wait by `thresholds.latency_factor` and by
    `thresholds.latency_minimum_increase_ms`.
    """

    name: ClassVar[str] = "waits"

    def __init__(self, thresholds: Thresholds) -> None:
        self._waits = UsualWaits(
            factor=thresholds.latency_factor,
            increase_us=thresholds.latency_minimum_increase_ms * _MS,
            relearn_after_windows=thresholds.relearn_after_windows,
        )

    def find(self, seen: Seen) -> list[Finding]:
        """Return what strayed, and change nothing."""
        read = self._waits.read_one(seen.window.waits)
        return [] if read is None else [self._finding(seen, read)]

    def learn(self, seen: Seen) -> None:
        """Learn the waits; whether it strayed in anything else does not matter here."""
        if seen.window.waits:
            read = self._waits.read_one(seen.window.waits)
            unlikely = read is not None and read.chance < _UNLIKELY
            self._waits.learn_one(seen.window.waits, seen.place.start, strayed=unlikely)

    def readings(self, seen: Seen) -> list[Reading]:
        """Return nothing: the wait is no number of the series itself."""
        return []

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned."""
        needs = self._waits.needs()
        return [WarmUp(Subject.WAITS, needs)] if needs else []

    def to_json(self) -> Any:
        """Return its state as plain values."""
        return self._waits.to_json()

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LearnedWaits":
        """Return what `to_json` gave."""
        learned = cls(thresholds)
        learned._waits.restore(plain)
        return learned

    def _finding(self, seen: Seen, read: LongWaits) -> Finding:
        usual_us = self._waits.usual_us
        now_us = quantile_us(seen.window.waits, _MEDIAN)
        return Finding(
            AnomalyType.LATENCY_INCREASE,
            Severity.HIGH if read.long > _MOST * read.total else Severity.MEDIUM,
            0.0,
            f"{read.long} of {read.total} callers waited over {shown_latency(read.limit_us)} "
            f"longer than the request took to serve (median {shown_latency(now_us)}, usually "
            f"{shown_latency(usual_us)}), usually {percent(read.usual, digits=1)} do, "
            f"{luck(read.chance)}",
            {
                "wait_ms": now_us / _MS,
                "usual_wait_ms": usual_us / _MS,
                "long_waits": read.long,
                "waits": read.total,
            },
            first_slower_us(seen.window.waits, read.limit_us),
            detector="long_waits",
            chance=read.chance,
        )
