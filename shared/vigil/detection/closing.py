"""Closing windows: each is judged once, in the order of time, and then learned."""

from collections.abc import Mapping
from dataclasses import replace

from vigil.detection.baseline import Baseline
from vigil.detection.judge import judge, worth_telling
from vigil.detection.learning import Learning
from vigil.detection.place import Place
from vigil.detection.service_state import ServiceState
from vigil.detection.window import Window, bounded_callers
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

# Room for a service's real endpoints; what a scanner asks for comes and goes behind them.
ENDPOINTS = 500
# Seen in so many windows, an endpoint is no passing guess; more windows make it no safer.
ESTABLISHED = 10

Closed = tuple[ServiceState, tuple[Anomaly, ...]]


def close_windows(state: ServiceState, *, tenant_id: str, thresholds: Thresholds) -> Closed:
    """Return the state without the windows that are over by its watermark, and their anomalies.

    At most ENDPOINTS baselines are kept, of a shard its share of them.
    """
    due = _due(state, thresholds.window_seconds)
    baselines = dict(state.baselines)
    anomalies: list[Anomaly] = []
    for start in due:
        for endpoint, window in sorted(state.windows[start].items()):
            series = Series(state.service, endpoint)
            place = Place(tenant_id, series, start, start + thresholds.window_seconds)
            anomalies += _close(window, place, baselines, thresholds)
    if not due:
        return state, ()
    still_open = {start: series for start, series in state.windows.items() if start not in due}
    kept = _bounded(baselines, endpoint_room(state.shards))
    learning = Learning(kept, state.learning.templates)
    return replace(state, windows=still_open, learning=learning), tuple(anomalies)


def endpoint_room(shards: int) -> int:
    """Return how many endpoints a shard has room for: twice its share, since hashes are uneven."""
    return ENDPOINTS if shards == 1 else 2 * ENDPOINTS // shards


def _due(state: ServiceState, window_seconds: int) -> list[int]:
    """Return the starts of the windows that no entry is waited for any more, in order of time."""
    if state.watermark is None:
        return []
    latest = state.watermark.timestamp() - window_seconds
    return sorted([start for start in state.windows if start <= latest])


def _close(
    window: Window, place: Place, baselines: dict[str, Baseline], thresholds: Thresholds
) -> list[Anomaly]:
    """Judge `window` by its baseline, and then learn it into `baselines`."""
    endpoint = place.series.endpoint
    baseline = baselines.get(endpoint)
    findings = judge(window, baseline, thresholds)
    if window.requests:
        strayed = any(f.anomaly_type is AnomalyType.LATENCY_INCREASE for f in findings)
        known = baseline or Baseline(last_seen=place.start)
        baselines[endpoint] = known.learned(window, place.start, thresholds, strayed=strayed)
    callers = bounded_callers(window.callers + (baseline.callers if baseline else ()))
    return [found.as_anomaly(place, callers) for found in worth_telling(findings, thresholds)]


def _bounded(baselines: dict[str, Baseline], room: int) -> Mapping[str, Baseline]:
    """Keep the endpoints that are in use: what was seen often before what was seen lately."""
    if len(baselines) <= room:
        return baselines
    return dict(sorted(baselines.items(), key=_use)[:room])


def _use(item: tuple[str, Baseline]) -> tuple[int, int, str]:
    endpoint, baseline = item
    return -min(baseline.windows, ESTABLISHED), -baseline.last_seen, endpoint
