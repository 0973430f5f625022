"""Who calls whom, from the requests and spans of one batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from vigil.detection.event_time import microseconds_of
from vigil.logs.log_entry import LogEntry
from vigil.model.series import Series

# Deeper than calls nest in practice; a cycle of parents ends here.
DEPTH = 32

# (service, endpoint), or (trace, span); plain pairs are made several times faster than named ones.
Pair = tuple[str, str]
Callers = defaultdict[Pair, set[Pair]]


def find_calls(entries: Sequence[LogEntry]) -> dict[Series, frozenset[Series]]:
    """Return the callers of every endpoint that was called, from `entries` of all services.

    A request's caller is the nearest of its span's ancestors that serves another endpoint; spans
    without an endpoint may lie between. A request whose parent is not told is taken to be called
    by the shortest request of its trace that encloses it in time (`occurred_at` is when a request
    begins). A trace that is cut by the end of a batch gives what it can: callers are remembered,
    so the next one completes it. O(n log n), in any order the same.
    """
    callers: Callers = defaultdict(set)
    traced = [entry for entry in entries if entry.trace_id is not None]
    _climb(traced, callers)
    _enclose([e for e in traced if e.endpoint and e.latency_us is not None], callers)
    return {Series(*to): frozenset([Series(*by) for by in found]) for to, found in callers.items()}


def _climb(entries: Sequence[LogEntry], callers: Callers) -> None:
    served, parents = _spans_of(entries)
    called = {
        (entry.trace_id or "", entry.parent_span_id, entry.service, entry.endpoint)
        for entry in entries
        if entry.parent_span_id and entry.endpoint
    }
    for trace, parent, service, endpoint in called:
        caller = _nearest_other((service, endpoint), (trace, parent), served, parents)
        if caller:
            callers[service, endpoint].add(caller)


def _spans_of(entries: Iterable[LogEntry]) -> tuple[dict[Pair, Pair], dict[Pair, Pair]]:
    """Return what each span serves, and its parent; entries of one span may tell one each."""
    served: dict[Pair, Pair] = {}
    parents: dict[Pair, Pair] = {}
    for entry in entries:
        if entry.trace_id is None or entry.span_id is None:
            continue
        span = (entry.trace_id, entry.span_id)
        if entry.parent_span_id:
            parents[span] = (entry.trace_id, entry.parent_span_id)
        if entry.endpoint:
            _keep_smallest(served, span, (entry.service, entry.endpoint))
    return served, parents


def _keep_smallest(served: dict[Pair, Pair], span: Pair, series: Pair) -> None:
    """Both sides of a call may share a span; one of them is taken, whichever came first."""
    known = served.setdefault(span, series)
    if series < known:
        served[span] = series


def _nearest_other(
    series: Pair, span: Pair, served: dict[Pair, Pair], parents: dict[Pair, Pair]
) -> Pair | None:
    for _ in range(DEPTH):
        caller = served.get(span)
        if caller is not None and caller != series:
            return caller
        above = parents.get(span)
        if above is None:
            return None
        span = above
    return None


def _enclose(requests: Iterable[LogEntry], callers: Callers) -> None:
    traces: defaultdict[str, list[LogEntry]] = defaultdict(list)
    for request in requests:
        traces[request.trace_id or ""].append(request)
    for together in traces.values():
        if len(together) > 1 and any([not request.parent_span_id for request in together]):
            _enclose_trace(together, callers)


def _enclose_trace(requests: Iterable[LogEntry], callers: Callers) -> None:
    """Sweep over a trace by the starts of its requests, with the DEPTH ones that end last."""
    running: list[tuple[int, int, Pair]] = []
    # Of several that start together the longer first.
    for start, shorter, series, orphan in sorted([_interval_of(request) for request in requests]):
        end = start - shorter
        if orphan and running:
            around = [
                (length, caller)
                for other_end, length, caller in running
                if other_end >= end and length > -shorter and caller != series
            ]
            if around:
                callers[series].add(min(around)[1])
        running.append((end, -shorter, series))
        if len(running) > DEPTH:
            running.remove(min(running))


def _interval_of(request: LogEntry) -> tuple[int, int, Pair, bool]:
    """Return start, minus latency, series, and whether no parent is told."""
    return (
        microseconds_of(request.occurred_at),
        -(request.latency_us or 0),
        (request.service, request.endpoint),
        not request.parent_span_id,
    )
