"""Traces of the sample shop: which request called which, by W3C Trace Context."""

import re
from dataclasses import dataclass
from hashlib import blake2b

# https://www.w3.org/TR/trace-context/#traceparent-header, version 00; ids of zeros are invalid.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Span:
    """One request's place in its trace; ids are 32 and 16 hexadecimal digits."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None

    @property
    def traceparent(self) -> str:
        """The header that makes another request this one's child."""
        return f"00-{self.trace_id}-{self.span_id}-01"


def begin_span(traceparent: str | None, request_id: str) -> Span:
    """Return the span of request `request_id`: a child of `traceparent`, or of a new trace.

    A header that is not a valid traceparent counts as none.

    >>> first = begin_span(None, "request 1")
    >>> second = begin_span(first.traceparent, "request 2")
    >>> second.trace_id == first.trace_id, second.parent_span_id == first.span_id
    (True, True)
    """
    span_id = _hexadecimal(f"span of {request_id}", 8)
    caller = _TRACEPARENT.fullmatch(traceparent or "")
    if caller is None:
        return Span(_hexadecimal(f"trace of {request_id}", 16), span_id)
    return Span(caller[1], span_id, caller[2])


def _hexadecimal(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()
