"""Who called, where nobody tells: a call lies in time within the one that waits for it."""

from collections.abc import Collection, Sequence

from vigil.detection.traces.span import Span, starting

# More calls than run at the same time in a trace in practice.
_MOST_RUNNING = 32

Found = list[tuple[Span, Span]]


def enclosing(spans: Sequence[Span], orphans: Collection[Span]) -> Found:
    """Return those of `orphans` that lie in another of `spans` in time, each with the shortest.

    Sweeps by start, with the spans that end last.
    """
    wanted = {id(orphan) for orphan in orphans}
    running: list[Span] = []
    found: Found = []
    for span in sorted(spans, key=starting):
        if id(span) in wanted:
            around = [each for each in running if _could_wait(each, span)]
            if around:
                found.append((span, min(around, key=_length)))
        running.append(span)
        if len(running) > _MOST_RUNNING:
            running.remove(min(running, key=_end))
    return found


def note_overlaps(parent: Span) -> None:
    """Tell childless children of a span which others of their service began while they ran.

    Programs whose calls go on in the background tell so: the step that waits and the call that it
    waits for have the same parent.
    """
    children = sorted(parent.children, key=starting)
    for place, child in enumerate(children):
        if not child.children:
            later = children[place + 1 : place + 1 + _MOST_RUNNING]
            child.meanwhile = [each for each in later if _begins_during(each, child)]


def _could_wait(caller: Span, callee: Span) -> bool:
    same = caller.service == callee.service and caller.name == callee.name
    return not same and caller.us > callee.us and callee.end_us <= caller.end_us


def _begins_during(span: Span, around: Span) -> bool:
    return span.service == around.service and span.start_us < around.end_us


def _length(span: Span) -> int:
    return span.us


def _end(span: Span) -> int:
    return span.end_us
