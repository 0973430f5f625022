"""Whether a series has gone silent."""

from collections.abc import Collection

from vigil.detection.baseline import Baseline
from vigil.detection.detectors.silence import Silence, SilenceReading
from vigil.detection.event_time import SECOND_US
from vigil.detection.finding import Finding
from vigil.detection.learned.requests import LearnedRequests
from vigil.detection.phrases import amount, luck
from vigil.detection.rules import silence as rule
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds


def silence(baseline: Baseline, heard: Collection[int], thresholds: Thresholds) -> Finding | None:
    """Return that a series is silent in the last window of `heard`, if it never is at this hour.

    `heard` are the starts (seconds since 1970) of closed windows in which anything of the tenant
    was heard: a gap in the feed is no silence. Until the series' rhythm is known the rule judges
    (`vigil.detection.rules.silence`).
    """
    if baseline.windows < thresholds.silence_minimum_windows or baseline.last_seen >= max(heard):
        return None
    plain = baseline.detectors.get(LearnedRequests.name)
    volume = LearnedRequests.from_json(plain, thresholds).volume if plain else None
    if thresholds.rules_only or volume is None or not volume.ready:
        return rule.silence(baseline, heard, thresholds)
    missed = [start for start in heard if start > baseline.last_seen]
    read = Silence(volume, minimum_windows=thresholds.silence_minimum_windows).read_one(missed)
    return _finding(baseline, read, thresholds) if read.chance < 1.0 else None


def _finding(baseline: Baseline, read: SilenceReading, thresholds: Thresholds) -> Finding:
    return Finding(
        AnomalyType.PERFORMANCE_DEGRADATION,
        Severity.HIGH,
        0.0,
        f"No requests in {read.missed} windows of {thresholds.window_seconds} s, "
        f"usually {amount(read.usual)} at this hour, {luck(read.chance)}",
        {"missed_windows": read.missed, "usual_requests": read.usual},
        (baseline.last_seen + thresholds.window_seconds) * SECOND_US,
        detector="silence",
        chance=read.chance,
    )
