"""Closing windows: each is judged once, in the order of time, and then learned."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from vigil.detection.baseline import Baseline
from vigil.detection.judge import SeriesJudge
from vigil.detection.learning import Learning
from vigil.detection.place import Place
from vigil.detection.reading import OnReading
from vigil.detection.seen import Seen
from vigil.detection.service_state import ServiceState, told_key
from vigil.detection.template_count import TemplateCount
from vigil.detection.together import failures_once
from vigil.detection.told import NEW_ERROR, Told, news_at_once
from vigil.detection.window import Window, bounded_callers
from vigil.logs.template_miner import TemplateMiner
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

# Room for a service's real endpoints; what a scanner asks for comes and goes behind them.
ENDPOINTS = 500
# Seen in so many windows, an endpoint is no passing guess; more windows make it no safer.
ESTABLISHED = 10

Closed = tuple[ServiceState, tuple[Anomaly, ...]]


def close_windows(
    state: ServiceState,
    *,
    tenant_id: str,
    thresholds: Thresholds,
    on_reading: OnReading | None = None,
) -> Closed:
    """Return the state without the windows that are over by its watermark, and their anomalies.

    At most ENDPOINTS baselines are kept, of a shard its share of them. `on_reading` is called with
    what each window held beside what was usual.
    """
    due = _due(state, thresholds.window_seconds)
    if not due:
        return state, ()
    judging, miner = _Judging(tenant_id, thresholds, on_reading), _miner_of(state)
    baselines = dict(state.baselines)
    anomalies: list[Anomaly] = []
    for start in due:
        anomalies += _close(state, start, baselines, miner, judging)
    learning = Learning(_bounded(baselines, endpoint_room(state.shards)), miner.to_json())
    closed = replace(
        state,
        windows={start: series for start, series in state.windows.items() if start not in due},
        told={start: keys for start, keys in state.told.items() if start not in due},
        learning=learning,
    )
    return closed, tuple(anomalies)


def endpoint_room(shards: int) -> int:
    """Return how many endpoints a shard has room for: twice its share, since hashes are uneven."""
    return ENDPOINTS if shards == 1 else 2 * ENDPOINTS // shards


def feedback_of(state: ServiceState, endpoint: str) -> Callable[[AnomalyType], int]:
    """Return how often people called a finding of an endpoint noise, by its type."""
    return lambda anomaly_type: state.feedback.get(told_key(endpoint, anomaly_type.value), 0)


def _seen(window: Window, place: Place, baseline: Baseline | None, miner: TemplateMiner) -> Seen:
    """Return a window as it is judged; the miner learns its lines."""
    lines: dict[str, TemplateCount] = {}
    for _, count in sorted(window.templates.items()):
        template = miner.learn_one(count.text)
        lines[template] = lines[template].merged(count) if template in lines else count
    # What was learned last may have joined those before it.
    resolved: dict[str, TemplateCount] = {}
    for template, count in lines.items():
        known = miner.resolve(template)
        resolved[known] = resolved[known].merged(count) if known in resolved else count
    return Seen(window, place, baseline, resolved, miner.resolve)


def _miner_of(state: ServiceState) -> TemplateMiner:
    plain = state.learning.templates
    return TemplateMiner.from_json(plain) if plain else TemplateMiner()


def _due(state: ServiceState, window_seconds: int) -> list[int]:
    """Return the starts of the windows that no entry is waited for any more, in order of time."""
    if state.watermark is None:
        return []
    latest = state.watermark.timestamp() - window_seconds
    return sorted([start for start in state.windows if start <= latest])


@dataclass(frozen=True, slots=True)
class _Judging:
    tenant_id: str
    thresholds: Thresholds
    on_reading: OnReading | None


def _close(
    state: ServiceState,
    start: int,
    baselines: dict[str, Baseline],
    miner: TemplateMiner,
    judging: _Judging,
) -> list[Anomaly]:
    """Judge the windows that began at `start`, and learn them into `baselines`."""
    thresholds, found = judging.thresholds, list[Told]()
    news = [b.fired[NEW_ERROR] for b in baselines.values() if NEW_ERROR in b.fired]
    last_news = max(news, default=None)
    for endpoint, window in sorted(state.windows[start].items()):
        series = Series(state.service, endpoint)
        place = Place(judging.tenant_id, series, start, start + thresholds.window_seconds)
        baseline = baselines.get(endpoint)
        seen = _seen(window, place, baseline, miner)
        judge = SeriesJudge(baseline, thresholds, feedback_of(state, endpoint))
        findings = judge.find(seen)
        callers = bounded_callers(window.callers + (baseline.callers if baseline else ()))
        found += [Told(place, callers, finding) for finding in findings]
        if judging.on_reading:
            judge.read(seen, judging.on_reading)
        baselines[endpoint] = judge.learn(seen, findings)
    told = news_at_once(found, last_news)
    _remember_news(told, baselines)
    already = state.told.get(start, ())
    untold = [each for each in told if each.key not in already]
    # The limits alone are what those had who judged by nothing else.
    once = untold if thresholds.rules_only else failures_once(untold)
    return [each.as_anomaly() for each in once]


def _remember_news(told: Iterable[Told], baselines: dict[str, Baseline]) -> None:
    for each in told:
        if each.is_news:
            baseline = baselines[each.place.series.endpoint]
            fired = {**baseline.fired, NEW_ERROR: each.place.start}
            baselines[each.place.series.endpoint] = replace(baseline, fired=fired)


def _bounded(baselines: dict[str, Baseline], room: int) -> Mapping[str, Baseline]:
    """Keep the endpoints that are in use: what was seen often before what was seen lately."""
    if len(baselines) <= room:
        return baselines
    return dict(sorted(baselines.items(), key=_use)[:room])


def _use(item: tuple[str, Baseline]) -> tuple[bool, int, int, str]:
    """The lines outside of requests come first: they have no requests to be counted by."""
    endpoint, baseline = item
    return endpoint != "", -min(baseline.windows, ESTABLISHED), -baseline.last_seen, endpoint
