"""What one trace adds to a profile."""

from collections.abc import Iterable, Sequence

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


def add_trace(profile: TraceProfile, spans: Sequence[Span]) -> None:
    """Add what the spans of one trace show."""
    for span in spans:
        # Made only where it is missing: this is done for every span.
        doings = profile.operations.get((span.service, span.name))
        if doings is None:
            doings = profile.operations[span.service, span.name] = Doings()
        doings.count += 1
        waits = waits_of(span)
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


def _parts(span: Span) -> set[Part]:
    parts = {_line_part(line) for line in span.lines} if span.lines else set()
    for child in span.children:
        # A span that does nothing but wait for another service stands for what it waits for.
        called = child.callee or child
        parts.add(Part(PartKind.CALL, called.service, called.name))
    if span.failed:
        parts.add(Part(PartKind.FAILURE, span.service, ""))
    return parts


def _line_part(line: LogEntry) -> Part:
    complains = line.severity >= LogSeverity.WARNING
    kind = PartKind.COMPLAINT if complains else PartKind.LOG
    return Part(kind, line.service, line_name(line.message))


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
