"""The rule on an endpoint that has gone silent."""

from collections.abc import Iterable
from math import exp

from vigil.detection.baseline import Baseline
from vigil.detection.event_time import SECOND_US
from vigil.detection.finding import Finding
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

REGULAR_PRESENCE = 0.8
FEWEST_MISSED = 2
# Each endpoint is judged 1,440 times a day; at one in a thousand a healthy one would be called
# silent daily.
_CHANCE = 1e-6


def silence(
    baseline: Baseline, heard: Iterable[int], thresholds: Thresholds
) -> tuple[Finding, int] | None:
    """Return a performance degradation, and the start of the window that proves it, or None.

    `heard` are the starts (seconds since 1970) of closed windows in which anything of the tenant
    was heard: a gap in the feed is no silence. An endpoint that was seen in
    `thresholds.silence_minimum_windows` windows, and regularly, is silent after `k` missed ones
    (at least FEWEST_MISSED) when exp(-usual requests x presence x k), the chance by Poisson that
    none came, is below one in a million. A silence that was told is not told again.
    """
    if not _regular(baseline, thresholds):
        return None
    missed = sorted({start for start in heard if start > baseline.last_seen})
    for count, start in enumerate(missed, 1):
        chance = exp(-baseline.requests * baseline.presence * count)
        if count >= FEWEST_MISSED and chance < _CHANCE:
            return _finding(baseline, count, chance, thresholds), start
    return None


def _regular(baseline: Baseline, thresholds: Thresholds) -> bool:
    return (
        not baseline.silent
        and baseline.presence >= REGULAR_PRESENCE
        and baseline.windows >= thresholds.silence_minimum_windows
    )


def _finding(baseline: Baseline, missed: int, chance: float, thresholds: Thresholds) -> Finding:
    return Finding(
        AnomalyType.PERFORMANCE_DEGRADATION,
        Severity.HIGH,
        1.0 - chance,
        f"No requests in {missed} windows of {thresholds.window_seconds} s "
        f"(usually {baseline.requests:.1f} in each)",
        {
            "missed_windows": missed,
            "usual_requests": baseline.requests,
            "presence": baseline.presence,
        },
        (baseline.last_seen + thresholds.window_seconds) * SECOND_US,
    )
