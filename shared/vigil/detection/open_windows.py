"""Adding entries to the open windows of a service."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import timedelta
from heapq import nsmallest
from operator import itemgetter

from vigil.detection.closing import endpoint_room
from vigil.detection.event_time import SECOND_US, instant_of
from vigil.detection.latencies import Latencies, sketch_of
from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import shard_of
from vigil.detection.summary import summarise
from vigil.detection.waits import Found, Wait
from vigil.detection.window import TEMPLATES, Window
from vigil.detection.window_bundle import WindowBundle
from vigil.logs.log_entry import LogEntry
from vigil.model.series import Series

OTHER_ENDPOINTS = "(other)"
TEMPLATES_OF_A_SERVICE = 512
# Half an hour of windows of a minute, as long as a silence needs to be proved.
HEARD = 32
_NEVER = instant_of(0)

Calls = Mapping[Series, frozenset[Series]]
Groups = dict[tuple[int, str], list[LogEntry]]
Windows = Mapping[tuple[int, str], Window]


def group_by_window(
    state: ServiceState, entries: Sequence[LogEntry], window_seconds: int
) -> tuple[Groups, int]:
    """Return `entries` by (window start, endpoint), and how many came late.

    Late is what is marked so (FAULTS A03) and what belongs to a window that is closed.
    """
    closed = _closed_until(state, window_seconds)
    groups: defaultdict[tuple[int, str], list[LogEntry]] = defaultdict(list)
    late, start = 0, -1
    begins = ends = _NEVER
    for entry in entries:
        # Most entries lie in the same window as the one before.
        if not begins <= entry.occurred_at < ends:
            start = int(entry.occurred_at.timestamp()) // window_seconds * window_seconds
            begins = instant_of(start * SECOND_US)
            ends = begins + timedelta(seconds=window_seconds)
        if start <= closed or entry.late:
            late += 1
        else:
            groups[start, entry.endpoint].append(entry)
    return groups, late


def sort_out_late(
    state: ServiceState, partial: ServiceState, window_seconds: int
) -> tuple[Windows, int]:
    """Return the windows of `partial` that are not closed, and how many entries are in the rest."""
    closed = _closed_until(state, window_seconds)
    every = [(s, name, w) for s, series in partial.windows.items() for name, w in series.items()]
    late = sum(window.entries for start, _, window in every if start <= closed)
    return {(start, name): window for start, name, window in every if start > closed}, late


def _closed_until(state: ServiceState, window_seconds: int) -> int:
    """Return the latest start of a window that is closed, -1 if none is."""
    return -1 if state.watermark is None else int(state.watermark.timestamp()) - window_seconds


def waits_by_window(state: ServiceState, waits: Found, window_seconds: int) -> Windows:
    """Return windows that hold nothing but how long callers waited, of what the state holds."""
    closed = _closed_until(state, window_seconds)
    groups: defaultdict[tuple[int, str], list[Wait]] = defaultdict(list)
    for series, waited in waits.items():
        if series.service == state.service and _is_of(state, series.endpoint):
            for wait in waited:
                start = int(wait.at.timestamp()) // window_seconds * window_seconds
                if start > closed:
                    groups[start, series.endpoint].append(wait)
    return {key: Window(waits=_sketch_of(sorted(waited))) for key, waited in groups.items()}


def _is_of(state: ServiceState, endpoint: str) -> bool:
    return shard_of(endpoint, state.shards) == state.shard


def _sketch_of(waits: Sequence[Wait]) -> Latencies:
    return sketch_of([wait.us for wait in waits], [wait.at for wait in waits])


def add_to_windows(state: ServiceState, groups: Groups, calls: Calls) -> ServiceState:
    """Return the state with the entries of `groups` in its windows."""
    return merge_windows(
        state,
        {
            (start, endpoint): summarise(entries, calls.get(Series(state.service, endpoint), ()))
            for (start, endpoint), entries in groups.items()
        },
    )


def merge_windows(state: ServiceState, added: Windows) -> ServiceState:
    """Return the state with the windows that are `added`, by start and endpoint, in its own.

    A service has at most ENDPOINTS endpoints that are new in one window, and
    TEMPLATES_OF_A_SERVICE templates a window: further endpoints are one series together, further
    templates are counted only in the sums (FAULTS A19).
    """
    windows: dict[int, Mapping[str, Window]] = dict(state.windows)
    room = max(TEMPLATES_OF_A_SERVICE // state.shards, TEMPLATES)
    starts = {start for start, _ in added}
    for start in starts:
        series = dict(windows.get(start, {}))
        own = [(endpoint, each) for (began, endpoint), each in added.items() if began == start]
        for endpoint, window in sorted(own, key=itemgetter(0)):
            name = endpoint if _has_room(series, endpoint, state) else _others(state)
            known = series.get(name)
            series[name] = known.merged(window) if known else window
        windows[start] = WindowBundle(start, _bounded(series, room))
    return replace(state, windows=windows, heard=_heard(state, starts))


def _heard(state: ServiceState, starts: Set[int]) -> tuple[int, ...]:
    """Return what was heard: all that is not judged yet, and the last HEARD windows before that."""
    judged = float("-inf") if state.watermark is None else state.watermark.timestamp()
    heard = sorted(starts | set(state.heard))
    before = [start for start in heard if start < judged]
    return (*before[-HEARD:], *heard[len(before) :])


def _has_room(series: Mapping[str, Window], endpoint: str, state: ServiceState) -> bool:
    room = endpoint_room(state.shards)
    # What has been learned is looked at last: it may have to be read for that.
    return endpoint in series or len(series) < room or endpoint in state.baselines


def _others(state: ServiceState) -> str:
    """Return the one series of all endpoints without room; each shard's has a name of its own."""
    if shard_of(OTHER_ENDPOINTS, state.shards) == state.shard:
        return OTHER_ENDPOINTS
    return f"{OTHER_ENDPOINTS} {state.shard}"


def _bounded(series: dict[str, Window], room: int) -> dict[str, Window]:
    """Keep the templates of the smallest (key, endpoint): the same ones in any order of entries."""
    if sum([len(window.templates) for window in series.values()]) <= room:
        return series
    keys = [(key, endpoint) for endpoint, window in series.items() for key in window.templates]
    kept = set(nsmallest(room, keys))
    return {
        endpoint: window._replace(
            templates={k: count for k, count in window.templates.items() if (k, endpoint) in kept}
        )
        for endpoint, window in series.items()
    }
