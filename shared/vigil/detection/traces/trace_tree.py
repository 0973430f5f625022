"""The spans of one trace, each below the one that waited for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from vigil.detection.event_time import microseconds_of
from vigil.detection.traces.enclosure import enclosing, note_overlaps
from vigil.detection.traces.span import Span
from vigil.logs.log_entry import LogEntry

# A service serves fewer requests of one trace at a time.
_MOST_TRIED = 64


def trace_spans(entries: Sequence[LogEntry]) -> list[Span]:
    """Return the spans that the entries of a trace tell of, linked, each with its lines.

    A span whose parent nothing tells of is below the shortest that encloses it in time. Whether
    entries are of the start or of the end of what they tell of is taken from the trace: the reading
    in which more spans lie within those that wait for them.
    """
    by_id: dict[str, Span] = {}
    found: list[Span] = []
    for entry in entries:
        us = entry.span_us if entry.latency_us is None else entry.latency_us
        if us is not None:
            found.append(Span.of(entry, us))
            _keep_longest(by_id, found[-1])
    _settle(found, _link(found, by_id))
    _take_lines(entries, found, by_id)
    return found


def _keep_longest(by_id: dict[str, Span], span: Span) -> None:
    """Both sides of a call may share an id; the one that waits has the other in it."""
    if span.span_id is not None:
        known = by_id.get(span.span_id)
        if known is None or known.us < span.us:
            by_id[span.span_id] = span


def _link(found: Iterable[Span], by_id: dict[str, Span]) -> list[Span]:
    """Put each span below its parent, and return those whose parent nothing tells of."""
    orphans: list[Span] = []
    for span in found:
        longer = by_id.get(span.span_id or "", span)
        parent = by_id.get(span.parent_id or "") if longer is span else longer
        if parent is None or parent is span:
            orphans.append(span)
        else:
            span.put_below(parent)
    return orphans


def _settle(found: Sequence[Span], orphans: Sequence[Span]) -> None:
    """Settle when each span began, and who waited for the orphans; the first has nobody."""
    several = len(orphans) > 1
    from_start = enclosing(found, orphans) if several else []
    inside = len(from_start) + _lying_inside(found)
    for span in found:
        span.start_us -= span.us
    from_end = enclosing(found, orphans) if several else []
    are_ends = len(from_end) + _lying_inside(found) > inside
    if not are_ends:
        for span in found:
            span.start_us += span.us
    for span, parent in from_end if are_ends else from_start:
        span.put_below(parent)
        span.enclosed = True
    for span in found:
        if len(span.children) > 1:
            note_overlaps(span)


def _lying_inside(spans: Iterable[Span]) -> int:
    """Return how many spans begin no sooner than the parent that told of them, and end no later."""
    inside = 0
    for span in spans:
        parent = span.parent
        # Written out, for it is asked twice of every span.
        if parent is not None and parent.start_us <= span.start_us:
            inside += span.start_us + span.us <= parent.start_us + parent.us
    return inside


def _take_lines(entries: Iterable[LogEntry], found: Sequence[Span], by_id: dict[str, Span]) -> None:
    """Give each line to its span; if nothing tells of that, to the shortest of its service then."""
    of_service: defaultdict[str, list[Span]] = defaultdict(list)
    for span in found:
        of_service[span.service].append(span)
    for entry in entries:
        if entry.latency_us is None and entry.span_us is None:
            around = by_id.get(entry.span_id or "") or _around(entry, of_service[entry.service])
            if around is not None:
                around.take_line(entry)


def _around(entry: LogEntry, spans: Sequence[Span]) -> Span | None:
    at = microseconds_of(entry.occurred_at)
    inside = [span for span in spans[:_MOST_TRIED] if span.start_us <= at <= span.end_us]
    return min(inside, key=lambda span: span.us, default=None)
