"""Adding entries to the open windows of a service."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from heapq import nsmallest
from operator import itemgetter

from vigil.detection.closing import ENDPOINTS
from vigil.detection.service_state import ServiceState
from vigil.detection.summary import summarise
from vigil.detection.window import Window
from vigil.logs.log_entry import LogEntry
from vigil.model.series import Series

OTHER_ENDPOINTS = "(other)"
TEMPLATES_OF_A_SERVICE = 512
# Half an hour of windows of a minute, as long as a silence needs to be proved.
HEARD = 32

Calls = Mapping[Series, frozenset[Series]]
Groups = dict[tuple[int, str], list[LogEntry]]


def group_by_window(
    state: ServiceState, entries: Sequence[LogEntry], window_seconds: int
) -> tuple[Groups, int]:
    """Return `entries` by (window start, endpoint), and how many came late.

    Late is what is marked so (FAULTS A03) and what belongs to a window that is closed.
    """
    closed = -1 if state.watermark is None else int(state.watermark.timestamp()) - window_seconds
    groups: defaultdict[tuple[int, str], list[LogEntry]] = defaultdict(list)
    late = 0
    for entry in entries:
        start = int(entry.occurred_at.timestamp()) // window_seconds * window_seconds
        if start <= closed or entry.late:
            late += 1
        else:
            groups[start, entry.endpoint].append(entry)
    return groups, late


def add_to_windows(state: ServiceState, groups: Groups, calls: Calls) -> ServiceState:
    """Return the state with the entries of `groups` in its windows.

    A service has at most ENDPOINTS endpoints that are new in one window, and
    TEMPLATES_OF_A_SERVICE templates a window: further endpoints are one series together, further
    templates are counted only in the sums (FAULTS A19).
    """
    windows = {start: dict(series) for start, series in state.windows.items()}
    for (start, endpoint), entries in sorted(groups.items(), key=itemgetter(0)):
        series = windows.setdefault(start, {})
        name = endpoint if _has_room(series, endpoint, state) else OTHER_ENDPOINTS
        window = summarise(entries, calls.get(Series(state.service, endpoint), ()))
        known = series.get(name)
        series[name] = known.merged(window) if known else window
    starts = {start for start, _ in groups}
    bounded = {
        start: _bounded(series) if start in starts else series for start, series in windows.items()
    }
    return replace(state, windows=bounded, heard=_heard(state, starts))


def _heard(state: ServiceState, starts: Set[int]) -> tuple[int, ...]:
    """Return what was heard: all that is not judged yet, and the last HEARD windows before that."""
    judged = float("-inf") if state.watermark is None else state.watermark.timestamp()
    heard = sorted(starts | set(state.heard))
    before = [start for start in heard if start < judged]
    return (*before[-HEARD:], *heard[len(before) :])


def _has_room(series: Mapping[str, Window], endpoint: str, state: ServiceState) -> bool:
    return endpoint in series or endpoint in state.baselines or len(series) < ENDPOINTS


def _bounded(series: dict[str, Window]) -> dict[str, Window]:
    """Keep the templates of the smallest (key, endpoint): the same ones in any order of entries."""
    if sum([len(window.templates) for window in series.values()]) <= TEMPLATES_OF_A_SERVICE:
        return series
    keys = [(key, endpoint) for endpoint, window in series.items() for key in window.templates]
    kept = set(nsmallest(TEMPLATES_OF_A_SERVICE, keys))
    return {
        endpoint: replace(
            window,
            templates={k: count for k, count in window.templates.items() if (k, endpoint) in kept},
        )
        for endpoint, window in series.items()
    }
