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
# Less than the windows that are remembered as heard, so that the count does reach it.
MOST_MISSED = 30
# Each endpoint is judged 1,440 times a day; at one in a thousand a healthy one would be called
# silent daily.
_CHANCE = 1e-6


def silence(baseline: Baseline, heard: Iterable[int], thresholds: Thresholds) -> Finding | None:
    """Return a performance degradation if the endpoint is silent in the last window of `heard`.

    `heard` are the starts (seconds since 1970) of closed windows in which anything of the tenant
    was heard: a gap in the feed is no silence. An endpoint that was seen in
    `thresholds.silence_minimum_windows` windows, and regularly, is silent after `k` missed ones
    (at least FEWEST_MISSED) when exp(-usual requests x presence x k), the chance by Poisson that
    none came, is below one in a million. It is told for each window, as long as it lasts, until
    after MOST_MISSED windows it has become the new normal.
    """
    if not _regular(baseline, thresholds):
        return None
    missed = sum(1 for start in heard if start > baseline.last_seen)
    chance = exp(-baseline.requests * baseline.presence * missed)
    if not FEWEST_MISSED <= missed <= MOST_MISSED or chance >= _CHANCE:
        return None
    return _finding(baseline, missed, chance, thresholds)


def _regular(baseline: Baseline, thresholds: Thresholds) -> bool:
    return (
        baseline.presence >= REGULAR_PRESENCE
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
