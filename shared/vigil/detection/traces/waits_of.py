"""How long a span waits for other services beyond the time that those say they took."""

from vigil.detection.traces.span import Span, starting


def waits_of(span: Span) -> list[tuple[Span, int]]:
    """Return the calls that a span makes of other services, with the microseconds around each.

    A span that does nothing else is a call as its caller sees it: what it takes longer than the
    callee is the way there and back. Where such spans are not told, the time between two calls is
    divided among both: whether the caller or a link took it does not show in one trace, but where
    all calls of one service take longer, it does. None for a span that calls no other service, or
    operations of its own as well: what it does itself is its own time.
    """
    if not span.children:
        return []
    callee = span.callee
    if callee is not None:
        return [(callee, max(span.us - callee.us, 0))]
    children = sorted(span.children, key=starting)
    if any([child.service == span.service for child in children]):
        return []
    around = [0.0] * len(children)
    until = span.start_us
    for place, child in enumerate(children):
        _divide(around, place, max(child.start_us - until, 0))
        until = max(until, child.end_us)
    _divide(around, len(children), max(span.end_us - until, 0))
    return [(child, round(us)) for child, us in zip(children, around, strict=True)]


def _divide(around: list[float], place: int, us: int) -> None:
    """Give the time before the call at a place to it and the one before, half of it each."""
    beside = [each for each in (place - 1, place) if 0 <= each < len(around)]
    for each in beside:
        around[each] += us / len(beside)
