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
    of_starts = enclosing(found, orphans) if several else []
    inside = len(of_starts) + _lying_inside(found)
    for span in found:
        span.start_us -= span.us
    enclosed = enclosing(found, orphans) if several else []
    if inside >= len(enclosed) + _lying_inside(found):
        enclosed = of_starts
        for span in found:
            span.start_us += span.us
    for span, parent in enclosed:
        span.put_below(parent)
        span.enclosed = True
    for span in [each for each in found if len(each.children) > 1]:
        note_overlaps(span)


def _lying_inside(spans: Iterable[Span]) -> int:
    """Return how many spans end no later than the parent that told of them, and start no sooner."""
    return sum(
        [
            span.parent.start_us <= span.start_us and span.end_us <= span.parent.end_us
            for span in spans
            if span.parent is not None
        ]
    )


def _take_lines(entries: Iterable[LogEntry], found: Sequence[Span], by_id: dict[str, Span]) -> None:
    """Give each line to its span; if nothing tells of that, to the shortest of its service then."""
    of_service: defaultdict[str, list[Span]] = defaultdict(list)
    for span in found:
        of_service[span.service].append(span)
    for entry in entries:
        if entry.latency_us is None and entry.span_us is None:
            around = by_id.get(entry.span_id or "") or _around(entry, of_service[entry.service])
            if around is not None:
                around.lines.append(entry)


def _around(entry: LogEntry, spans: Sequence[Span]) -> Span | None:
    at = microseconds_of(entry.occurred_at)
    inside = [span for span in spans[:_MOST_TRIED] if span.start_us <= at <= span.end_us]
    return min(inside, key=lambda span: span.us, default=None)
