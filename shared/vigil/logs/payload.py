"""What an entry says: its payload's fields and its message (FAULTS A09, A11, A12)."""

import orjson

from vigil.logs.fields import NAME_LIMIT, Fields, first_text, object_at, whole_of

MESSAGE_LIMIT = 8192
_MARKER = " …[cut]… "
# A stack trace names its exception in the last line in Python and in the first in Java: both ends
# are kept.
_TAIL = 1024
_HEAD = MESSAGE_LIMIT - _TAIL - len(_MARKER)
# The order in which Error Reporting looks, then other spellings of a message.
_MESSAGE_FIELDS = (
    "stack_trace",
    "exception",
    "message",
    "exception.stacktrace",
    "exception.message",
    "msg",
    "Body",
    "body",
    "event",
    "EventName",
    "error",
    "err",
)
_NESTED_FIELDS = ("stacktrace", "stack_trace", "stack", "message", "msg", "stringValue", "type")
# The codes of gRPC that say that somebody is kept out, or that something has run out.
_CODES = {7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 16: "UNAUTHENTICATED"}
_ATTRIBUTES = ("attributes", "Attributes", "resource", "Resource")


def payload_of(fields: Fields) -> Fields:
    """Return the structured payload with OpenTelemetry's attributes among its fields; else {}.

    Its own fields win.

    >>> payload_of({"jsonPayload": {"Body": "paid", "Attributes": {"http.route": "/pay"}}})
    {'http.route': '/pay', 'Body': 'paid', 'Attributes': {'http.route': '/pay'}}
    """
    payload = object_at(fields, "jsonPayload")
    if payload:
        for name in _ATTRIBUTES:
            if name in payload:
                payload = {**object_at(payload, name), **payload}
    return payload


def message_of(fields: Fields, payload: Fields) -> str:
    """Return the message of a text, JSON or audit payload, "" if it has none.

    A JSON payload without a message is shown whole, as compact JSON with sorted keys, unless the
    entry is a request.

    >>> message_of({}, {"stack_trace": "ValueError: x", "message": "failed"})
    'ValueError: x'
    """
    text = fields.get("textPayload")
    if isinstance(text, str):
        return text
    if payload:
        return _structured_message(payload) or ("" if "httpRequest" in fields else _shown(payload))
    proto = object_at(fields, "protoPayload")
    if proto:
        return _audit_message(proto) or _shown(proto)
    bare = fields.get("jsonPayload")
    return bare if isinstance(bare, str) else ""


def cut(message: str) -> tuple[str, int | None]:
    """Return a message of at most MESSAGE_LIMIT characters, and its own length if it had to be cut.

    >>> cut("short"), len(cut("x" * 9000)[0]), cut("x" * 9000)[1]
    (('short', None), 8192, 9000)
    """
    if len(message) <= MESSAGE_LIMIT:
        return message, None
    return f"{message[:_HEAD]}{_MARKER}{message[-_TAIL:]}", len(message)


def audit_failed(fields: Fields) -> bool:
    """Whether an audit entry's call failed: `status.code` says so, its severity does not.

    >>> audit_failed({"severity": "NOTICE", "protoPayload": {"status": {"code": 7}}})
    True
    """
    code = whole_of(object_at(object_at(fields, "protoPayload"), "status").get("code"))
    return code is not None and code != 0


def _structured_message(payload: Fields) -> str:
    for name in _MESSAGE_FIELDS:
        value = payload.get(name)
        if not value:
            continue
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and (
            text := first_text(value, _NESTED_FIELDS, 2 * MESSAGE_LIMIT)
        ):
            return text
    return ""


def _audit_message(proto: Fields) -> str:
    """Say what was called and how it ended; who called stays out of it."""
    method = first_text(proto, ("methodName",))
    status = object_at(proto, "status")
    ending = first_text(status, ("message",), 2 * MESSAGE_LIMIT)
    if not ending and (code := whole_of(status.get("code"))):
        ending = f"code {code} {_CODES.get(code, '')}".rstrip()[:NAME_LIMIT]
    return f"{method}: {ending}" if method and ending else method or ending


def _shown(payload: Fields) -> str:
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        # It could be read but is nested too deeply to be written; its name and time still count.
        return ""
