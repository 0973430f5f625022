"""What one trace adds to a profile."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from vigil.detection.traces.line_name import line_name
from vigil.detection.traces.span import Span
from vigil.detection.traces.waits_of import waits_of
from vigil.logs.log_entry import LogEntry
from vigil.model.doings import Doings, Operation, Part, PartKind
from vigil.model.duration_sketch import duration_bucket
from vigil.model.log_severity import LogSeverity
from vigil.model.trace_profile import TraceProfile

# Deeper than calls nest in practice; a cycle of parents ends here.
_DEPTH = 32
# Looked up once: an attribute of an enumeration takes longer than all else that is done with it.
_CALL, _FAILURE = PartKind.CALL, PartKind.FAILURE
_LOG, _COMPLAINT = PartKind.LOG, PartKind.COMPLAINT
_WARNING = int(LogSeverity.WARNING)
# The same few come again in trace after trace.
_part = lru_cache(maxsize=8192)(Part)


def add_trace(profile: TraceProfile, spans: Sequence[Span]) -> None:
    """Add what the spans of one trace show."""
    for span in spans:
        # Made only where it is missing: this is done for every span.
        doings = profile.operations.get((span.service, span.name))
        if doings is None:
            doings = profile.operations[span.service, span.name] = Doings()
        doings.count += 1
        waits = waits_of(span) if span.children else ()
        if not waits:
            _count(doings.own_us, span.own_us)
        for callee, us in waits:
            _count(profile.gaps_us.setdefault((span.service, callee.service), {}), us)
        for part in _parts(span):
            doings.parts[part] = doings.parts.get(part, 0.0) + 1
    _add_calls(profile, spans)


def _count(sketch: dict[int, float], us: int) -> None:
    bucket = duration_bucket(us)
    sketch[bucket] = sketch.get(bucket, 0.0) + 1


def _parts(span: Span) -> Collection[Part]:
    if not (span.lines or span.children or span.failed):
        return ()
    parts = {_line_part(line) for line in span.lines}
    for child in span.children:
        # A span that does nothing but wait for another service stands for what it waits for.
        called = child.callee or child
        parts.add(_part(_CALL, called.service, called.name))
    if span.failed:
        parts.add(_part(_FAILURE, span.service, ""))
    return parts


def _line_part(line: LogEntry) -> Part:
    kind = _COMPLAINT if line.severity >= _WARNING else _LOG
    return _part(kind, line.service, line_name(line.message))


def _add_calls(profile: TraceProfile, spans: Iterable[Span]) -> None:
    calling: set[tuple[int, Operation]] = set()
    for span in spans:
        caller = _caller_of(span) if span.is_served else None
        if caller is not None:
            callee = span.service, span.name
            first = (id(caller), callee) not in calling
            calling.add((id(caller), callee))
            pair = (caller.service, caller.name), callee
            sums = profile.called.setdefault(pair, [0.0] * 5)
            sums[0] += 1
            sums[1] += caller.us if first else 0
            sums[2] += span.us
            sums[3] += span.enclosed
            sums[4] += first


def _caller_of(span: Span) -> Span | None:
    """Return the nearest request above that serves another endpoint."""
    above = span.parent
    for _ in range(_DEPTH):
        if above is None:
            return None
        if above.is_served and (above.service, above.name) != (span.service, span.name):
            return above
        above = above.parent
    return None
