"""Judging windows that are still open, where what they hold is beyond doubt already."""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from vigil.detection.baseline import Baseline
from vigil.detection.closing import ESTABLISHED, feedback_of
from vigil.detection.detectors.brute_force import FEWEST_BY_ONE
from vigil.detection.finding import Finding
from vigil.detection.judge import SeriesJudge
from vigil.detection.place import Place
from vigil.detection.seen import Seen
from vigil.detection.service_state import ServiceState, told_key
from vigil.detection.window import Window, bounded_callers
from vigil.detection.window_bundle import WindowBundle
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

# What only grows while a window fills: nothing that is still to come can take it back.
EARLY = frozenset(
    {AnomalyType.ERROR_SPIKE, AnomalyType.RESOURCE_EXHAUSTION, AnomalyType.SECURITY_INCIDENT}
)
# Of as many entries as usual; a window with more of them than this is no usual one.
_MARGIN = 1.5

Judged = tuple[ServiceState, tuple[Anomaly, ...]]


def judge_open(state: ServiceState, *, tenant_id: str, thresholds: Thresholds) -> Judged:
    """Return the state and what its open windows show that holds whatever else comes.

    A window is judged as it is, and as it would be if all that is still to come went well; what is
    found both times is told now, once, and not again when the window is over. So an error spike is
    told within seconds, by whichever batch makes it certain.
    """
    if thresholds.rules_only:
        return state, ()
    anomalies: list[Anomaly] = []
    told = dict(state.told)
    for start, endpoint, window in _suspects(state, thresholds):
        baseline = state.baselines.get(endpoint)
        if baseline is None or baseline.windows < ESTABLISHED:
            continue
        place = Place(
            tenant_id, Series(state.service, endpoint), start, start + thresholds.window_seconds
        )
        judge = SeriesJudge(baseline, thresholds, feedback_of(state, endpoint))
        callers = bounded_callers(window.callers + baseline.callers)
        for finding in _certain(judge, window, place, baseline):
            key = told_key(endpoint, finding.anomaly_type.value)
            if key not in told.get(start, ()):
                told[start] = (*told.get(start, ()), key)
                anomalies.append(finding.as_anomaly(place, callers, detected_us=window.last_us))
    return (replace(state, told=told), tuple(anomalies)) if anomalies else (state, ())


def _suspects(state: ServiceState, thresholds: Thresholds) -> Iterator[tuple[int, str, Window]]:
    """Yield the windows that may hold something: looking at all that was learned takes time."""
    for start, series in sorted(state.windows.items()):
        # It was judged before it was stored, and nothing has come since.
        if isinstance(series, WindowBundle) and series.is_unread:
            continue
        for endpoint, window in sorted(series.items()):
            errors = window.failed > thresholds.error_rate * window.entries
            if (errors and window.failed >= thresholds.minimum_requests) or _tells(window):
                yield start, endpoint, window


def _tells(window: Window) -> bool:
    tried = window.refusals.refused >= FEWEST_BY_ONE
    return bool(window.resource or window.security or tried)


def _certain(judge: SeriesJudge, window: Window, place: Place, baseline: Baseline) -> list[Finding]:
    # Which templates its lines have is of no matter for these types.
    seen = Seen(window, place, baseline, {})
    found = [finding for finding in judge.find(seen) if finding.anomaly_type in EARLY]
    if not found:
        return []
    whole = replace(seen, window=_whole(window, baseline))
    whole_types = {finding.anomaly_type for finding in judge.find(whole)}
    return [finding for finding in found if finding.anomaly_type in whole_types]


def _whole(window: Window, baseline: Baseline) -> Window:
    """Return the window with all that usually comes in it, none of which failed."""
    missing = max(ceil(_MARGIN * baseline.entries) - window.entries, 0)
    requests = missing if window.requests else 0
    return window._replace(entries=window.entries + missing, requests=window.requests + requests)
