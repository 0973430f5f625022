"""Detection: from entries and what is remembered to what strayed; values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vigil.detection.baseline import Baseline
from vigil.detection.closing import close_windows
from vigil.detection.open_windows import Calls, Groups, add_to_windows, group_by_window
from vigil.detection.place import Place
from vigil.detection.service_state import ServiceState
from vigil.detection.silence import silence
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series
from vigil.model.tenant import Thresholds


@dataclass(frozen=True, slots=True)
class Detection:
    """What came of entries or of a tick: the state to keep, and the anomalies to tell.

    `late` entries are among the `processed`: they came after their window had been judged, and
    changed nothing.
    """

    state: ServiceState
    anomalies: tuple[Anomaly, ...] = ()
    processed: int = 0
    late: int = 0


def detect(
    state: ServiceState,
    entries: Sequence[LogEntry],
    *,
    tenant_id: str,
    thresholds: Thresholds,
    calls: Calls,
) -> Detection:
    """Add `entries` of the state's service, none twice, and judge the windows that are then over.

    A window is over when the watermark, the latest event time less
    `thresholds.allowed_lateness_seconds`, has reached its end; an entry's event time counts no
    further than to when it was received, so that one from the future moves nothing (FAULTS A04).
    `calls` says who calls whom, by callee (`find_calls`). Entries within the allowed lateness give
    the same states and anomalies in every order and split (FAULTS A02), as long as the service has
    no more endpoints than there is room for.
    """
    groups, late = group_by_window(state, entries, thresholds.window_seconds)
    added = _with_watermark(add_to_windows(state, groups, calls), _watermark_of(groups, thresholds))
    closed, anomalies = close_windows(added, tenant_id=tenant_id, thresholds=thresholds)
    return Detection(closed, anomalies, len(entries), late)


def advance(
    state: ServiceState,
    watermark: datetime,
    *,
    tenant_id: str,
    thresholds: Thresholds,
    heard: frozenset[int],
) -> Detection:
    """Judge the windows that are over at `watermark`, and find the endpoints that went silent.

    For services that went quiet, whose own entries no longer move their watermark. `heard` are the
    starts of the windows in which anything of the tenant was heard. An entry that comes for a
    window closed here is late.
    """
    moved = _with_watermark(state, watermark)
    closed, anomalies = close_windows(moved, tenant_id=tenant_id, thresholds=thresholds)
    over = watermark.timestamp() - thresholds.window_seconds
    starts = [start for start in heard if start <= over]
    quiet, silences = _silences(closed, starts, tenant_id=tenant_id, thresholds=thresholds)
    return Detection(quiet, anomalies + silences)


def _watermark_of(groups: Groups, thresholds: Thresholds) -> datetime | None:
    latest = [max([min(e.occurred_at, e.received_at) for e in group]) for group in groups.values()]
    lateness = timedelta(seconds=thresholds.allowed_lateness_seconds)
    return max(latest) - lateness if latest else None


def _with_watermark(state: ServiceState, watermark: datetime | None) -> ServiceState:
    """Move the watermark on; it never goes back."""
    if watermark is None or (state.watermark is not None and state.watermark >= watermark):
        return state
    return replace(state, watermark=watermark)


def _silences(
    state: ServiceState, heard: Sequence[int], *, tenant_id: str, thresholds: Thresholds
) -> tuple[ServiceState, tuple[Anomaly, ...]]:
    anomalies: list[Anomaly] = []
    told: dict[str, Baseline] = {}
    for endpoint, baseline in sorted(state.baselines.items()):
        found = silence(baseline, heard, thresholds)
        if found is None:
            continue
        finding, proved = found
        width = thresholds.window_seconds
        # From the first window that was missed, so that its id is that of the silence, whenever it
        # was found.
        place = Place(
            tenant_id, Series(state.service, endpoint), baseline.last_seen + width, proved + width
        )
        anomalies.append(finding.as_anomaly(place, baseline.callers))
        told[endpoint] = replace(baseline, silent=True)
    if not told:
        return state, ()
    return replace(state, baselines={**state.baselines, **told}), tuple(anomalies)
