"""The trace and the spans that an entry belongs to, from all their spellings."""

import re
from collections.abc import Iterable
from hashlib import blake2b

from vigil.logs.fields import Fields, first_text, object_at
from vigil.logs.redaction import redact

ID_LIMIT = 128
# Room for `projects/P/traces/` before the id.
_TRACE_NAME_LIMIT = 2 * ID_LIMIT
_TRACE_FIELDS = ("trace_id", "logging.googleapis.com/trace", "traceId", "TraceId", "trace")
_SPAN_FIELDS = ("span_id", "logging.googleapis.com/spanId", "spanId", "SpanId")
_PARENT_FIELDS = ("parent_span_id", "parentSpanId", "ParentSpanId")

_USUAL = re.compile(r"[0-9a-f]{16}(?:[0-9a-f]{16})?")
_ALLOWED = re.compile(rf"[A-Za-z0-9_.:-]{{1,{ID_LIMIT}}}")

TraceContext = tuple[str | None, str | None, str | None]


def trace_context_of(fields: Fields, payload: Fields) -> TraceContext:
    """Return the ids of trace, span and parent span, at most ID_LIMIT characters or None.

    An id of zeros only is how some libraries write that there is none. A text that is no id, or
    in which redaction finds something, becomes its hash of 16 hexadecimal digits: entries still
    join by it.

    >>> fields = {"trace": "projects/shop/traces/7f3a", "spanId": "b1"}
    >>> trace_context_of(fields, {"parent_span_id": "00"})
    ('7f3a', 'b1', None)
    """
    trace = fields.get("trace")
    span = fields.get("spanId")
    trace_id = trace if trace and isinstance(trace, str) else _text(payload, _TRACE_FIELDS)
    span_id = span if span and isinstance(span, str) else _span_text(payload, _SPAN_FIELDS)
    parent_id = _span_text(payload, _PARENT_FIELDS) or _text(fields, _PARENT_FIELDS)
    return _identifier(trace_id.rpartition("/")[2]), _identifier(span_id), _identifier(parent_id)


def _text(fields: Fields, names: Iterable[str]) -> str:
    return first_text(fields, names, _TRACE_NAME_LIMIT)


def _span_text(payload: Fields, names: Iterable[str]) -> str:
    if not payload:
        return ""
    return _text(payload, names) or _text(object_at(payload, "span"), names)


def _identifier(text: str) -> str | None:
    if not text.strip("0"):
        return None
    # A card number looks like an id of digits only, so those take the longer way.
    if _USUAL.fullmatch(text) and not text.isdigit():
        return text
    if _ALLOWED.fullmatch(text) and redact(text) == text:
        return text
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
