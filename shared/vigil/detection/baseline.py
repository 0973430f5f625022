"""What is normal for one endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from vigil.detection.window import Window, bounded_callers
from vigil.model.series import Series
from vigil.model.tenant import Thresholds


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is normal for one endpoint.

    `latency_us` is an exponentially weighted mean over windows, learned from `samples` requests.
    `requests` is the usual number in a window that had any, `presence` (0..1) how regularly
    there were any, over `windows` that did, the last of which started at `last_seen` (seconds
    since 1970). `strayed` windows in a row were too slow to be learned. The first window started at
    `since`, and `entries` is the usual number of entries in a window that had any; `fired` tells,
    by type of anomaly, in which window each strayed last, and `detectors` holds the states of the
    detectors, by name, as plain JSON that nobody changes.
    """

    last_seen: int
    latency_us: float = 0.0
    samples: int = 0
    requests: float = 0.0
    presence: float = 1.0
    windows: int = 0
    strayed: int = 0
    callers: tuple[Series, ...] = ()
    since: int = 0
    entries: float = 0.0
    fired: Mapping[str, int] = field(default_factory=dict)
    detectors: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        callers = [{"service": each.service, "endpoint": each.endpoint} for each in self.callers]
        return {name: getattr(self, name) for name in _FIELDS} | {"callers": callers}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Baseline":
        """Return what `to_json` gave."""
        callers = tuple(Series(**caller) for caller in plain["callers"])
        return cls(**{**plain, "callers": callers})

    def learned(
        self, window: Window, start: int, thresholds: Thresholds, *, strayed: bool
    ) -> "Baseline":
        """Return the baseline after a closed `window` with requests that started at `start`.

        Windows come in the order of time. A window that `strayed` in its latency is not learned,
        until `thresholds.relearn_after_windows` in a row did: then that level is the new normal.
        """
        paced = self._paced(window, start, thresholds)
        if not window.timed:
            return paced
        if not strayed:
            return paced._at_level(window, thresholds.baseline_weight)
        if paced.strayed + 1 < thresholds.relearn_after_windows:
            return replace(paced, strayed=paced.strayed + 1)
        return paced._at_level(window, 1.0)

    def _paced(self, window: Window, start: int, thresholds: Thresholds) -> "Baseline":
        """Count the window as seen, and those since the last one as missed.

        That a gap in the whole feed counts as missed errs towards saying nothing: for a while
        after it no silence is believed.
        """
        first = self.windows == 0
        missed = 0 if first else max((start - self.last_seen) // thresholds.window_seconds - 1, 0)
        kept, weight = 1.0 - thresholds.baseline_weight, thresholds.baseline_weight
        return replace(
            self,
            last_seen=start,
            requests=window.requests if first else kept * self.requests + weight * window.requests,
            presence=1.0 if first else self.presence * kept ** (missed + 1) + weight,
            windows=self.windows + 1,
            callers=bounded_callers(self.callers + window.callers),
        )

    def _at_level(self, window: Window, weight: float) -> "Baseline":
        """Learn the mean latency of a window: old * (1 - weight) + mean * weight.

        Once for a window, not for each of its requests: the baseline of a busy endpoint would be
        its last window, and a rise that takes longer than a window would never be seen.
        """
        mean = window.latency_us / window.timed
        level = self.latency_us + weight * (mean - self.latency_us) if self.samples else mean
        return replace(self, latency_us=level, samples=self.samples + window.timed, strayed=0)


_FIELDS = tuple(each.name for each in fields(Baseline))
