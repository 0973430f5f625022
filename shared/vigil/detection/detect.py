"""Detection: from entries and what is remembered to what strayed; values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from vigil.detection.closing import close_windows, feedback_of
from vigil.detection.learned.silence import silence
from vigil.detection.open_windows import (
    Calls,
    add_to_windows,
    group_by_window,
    merge_windows,
    sort_out_late,
    waits_by_window,
)
from vigil.detection.place import Place
from vigil.detection.reading import OnReading
from vigil.detection.service_state import ServiceState
from vigil.detection.waits import NONE_WAITED, Found
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series
from vigil.model.tenant import Thresholds


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of entries: the state to keep, and how many came after their window was judged."""

    state: ServiceState
    late: int = 0


@dataclass(frozen=True, slots=True)
class Detection:
    """What came of judging: the state to keep, and the anomalies to tell."""

    state: ServiceState
    anomalies: tuple[Anomaly, ...] = ()


def observe(
    state: ServiceState,
    entries: Sequence[LogEntry],
    *,
    thresholds: Thresholds,
    calls: Calls,
    waits: Found = NONE_WAITED,
) -> Observation:
    """Add `entries` of the state's service, none twice, to its open windows.

    `calls` says who calls whom, by callee (`find_calls`), `waits` how long they waited (`Waits`),
    each wait given once. In every order and split the same entries
    give the same state (FAULTS A02), as long as the service has no more endpoints than there is
    room for. A late entry changes nothing.
    """
    groups, late = group_by_window(state, entries, thresholds.window_seconds)
    observed = add_to_windows(state, groups, calls)
    waited = waits_by_window(observed, waits, thresholds.window_seconds)
    return Observation(merge_windows(observed, waited) if waited else observed, late)


def absorb(state: ServiceState, partial: ServiceState, *, thresholds: Thresholds) -> Observation:
    """Add the windows of `partial`, what `observe` made of other entries and of no state at all.

    It gives what `observe` would have given for those entries; `late` counts the entries of its
    windows that have been judged meanwhile.
    """
    windows, late = sort_out_late(state, partial, thresholds.window_seconds)
    return Observation(merge_windows(state, windows), late)


def advance(  # noqa: PLR0913 - what judging depends on
    state: ServiceState,
    watermark: datetime,
    *,
    tenant_id: str,
    thresholds: Thresholds,
    heard: frozenset[int],
    on_reading: OnReading | None = None,
) -> Detection:
    """Judge the windows that are over at `watermark`, and find the endpoints that went silent.

    No entry before `watermark` is waited for any more: it is the clock's time less the allowed
    lateness, so that an entry from the future neither pins a window nor closes one (FAULTS A04).
    `heard` are the starts of the windows in which anything of the tenant was heard. Going there in
    one step or in many gives the same: the windows on the way are gone through in order. For a
    report, `on_reading` is called with what each of them held.
    """
    anomalies: list[Anomaly] = []
    ends = _ends_until(state, watermark, heard, thresholds.window_seconds)
    for end in dict.fromkeys([*ends, watermark]):
        moved = replace(state, watermark=max(end, state.watermark or end))
        state, strayed = close_windows(
            moved, tenant_id=tenant_id, thresholds=thresholds, on_reading=on_reading
        )
        anomalies += strayed
        # Not where the tick stopped: within the second after a window's end that would tell of it
        # twice.
        if end in ends:
            over = int(end.timestamp())
            starts = [start for start in heard if start <= over - thresholds.window_seconds]
            anomalies += _silences(state, starts, over, tenant_id=tenant_id, thresholds=thresholds)
    return Detection(state, tuple(anomalies))


def _ends_until(
    state: ServiceState, watermark: datetime, heard: frozenset[int], window_seconds: int
) -> list[datetime]:
    """Return when the windows end that are not judged yet and over at `watermark`."""
    ends = sorted({start + window_seconds for start in heard.union(state.windows)})
    instants = [datetime.fromtimestamp(end, UTC) for end in ends]
    judged = state.watermark
    return [at for at in instants if at <= watermark and (judged is None or at > judged)]


def _silences(
    state: ServiceState, heard: Sequence[int], end: int, *, tenant_id: str, thresholds: Thresholds
) -> list[Anomaly]:
    """Return what is silent in the window that ends at `end`, if the tenant was heard in it."""
    start = end - thresholds.window_seconds
    if start not in heard:
        return []
    anomalies: list[Anomaly] = []
    for endpoint, baseline in sorted(state.baselines.items()):
        finding = silence(baseline, heard, thresholds)
        if finding is None:
            continue
        noise = feedback_of(state, endpoint)(finding.anomaly_type)
        found = finding.believed(noise=noise, lasting=False)
        if found.confidence >= thresholds.minimum_confidence:
            place = Place(tenant_id, Series(state.service, endpoint), start, end)
            anomalies.append(found.as_anomaly(place, baseline.callers))
    return anomalies
