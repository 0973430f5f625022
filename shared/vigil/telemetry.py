"""Our own logs: one JSON object a line, in the field names that Cloud Logging understands.

Every text in them passes the redactor, whoever wrote it: our own code, a library, an exception.
"""

import json
import logging
import math
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from vigil.logs.redaction import redact

_TRACE = "logging.googleapis.com/trace"
_SPAN_ID = "logging.googleapis.com/spanId"
_LABELS = "logging.googleapis.com/labels"
# What people search by; the rest of a record's fields stays beside its message.
_LABEL_FIELDS = ("tenant_id", "service", "incident_id", "alert_id", "channel_id")
_FIELDS = "vigil_fields"
# Deep enough for anything we log on purpose, and the end of what refers to itself.
_MAX_DEPTH = 6
_MAX_CAUSES = 5
_SURROGATE = re.compile("[\ud800-\udfff]")
# Digests that name a request or one of our own documents look as random as a key does.
_TRACE_FORM = re.compile(r"(projects/[\w.:-]{1,64}/traces/)?[0-9a-f]{16,32}")
_CONTENT_ID = re.compile(r"v1-[0-9a-f]{32}")
_PACKAGE = Path(__file__).parent
# At their own level these log the addresses they call, and such an address can be the secret.
_TALKATIVE = ("httpx", "httpcore")


class Logger:
    """Logs sentences with fields beside them; `bind` gives one that adds the same fields each time.

    A field's value is redacted and made JSON. `trace` and `span_id` become the fields by which
    Cloud Logging joins a line to its request; tenant, service, incident, alert and channel become
    labels.

    >>> log = logger("vigil.example").bind(tenant_id="acme")
    >>> log.debug("batch processed", entries=12)
    """

    def __init__(self, inner: logging.Logger, fields: Mapping[str, object]) -> None:
        self._inner = inner
        self._fields = dict(fields)

    def bind(self, **fields: object) -> "Logger":
        """Return a logger that adds `fields` to each of its records."""
        return Logger(self._inner, {**self._fields, **fields})

    def debug(self, message: str, /, **fields: object) -> None:
        """Log what only a developer wants to know."""
        self._log(logging.DEBUG, message, fields)

    def info(self, message: str, /, **fields: object) -> None:
        """Log what happened as it should."""
        self._log(logging.INFO, message, fields)

    def warning(self, message: str, /, **fields: object) -> None:
        """Log what went wrong and was dealt with."""
        self._log(logging.WARNING, message, fields)

    def error(self, message: str, /, **fields: object) -> None:
        """Log what went wrong and needs somebody."""
        self._log(logging.ERROR, message, fields)

    def exception(self, message: str, /, **fields: object) -> None:
        """Log the exception that is being handled as an error."""
        self._log(logging.ERROR, message, fields, exc_info=True)

    def _log(
        self, level: int, message: str, fields: Mapping[str, object], *, exc_info: bool = False
    ) -> None:
        if self._inner.isEnabledFor(level):
            extra = {_FIELDS: {**self._fields, **fields}}
            # The message is a value, not a pattern: a percent sign in it means itself.
            self._inner.log(level, "%s", message, extra=extra, exc_info=exc_info)


def logger(name: str) -> Logger:
    """Return the logger of a module, called with its `__name__`."""
    return Logger(logging.getLogger(name), {})


def configure(component: str, *, stream: TextIO | None = None, level: str = "INFO") -> None:
    """Send everything this process logs to `stream` (stdout if None), a line a record.

    `component` is the door that runs: a function's name, or `local`. Handlers that somebody else
    has put on the root are removed, because what they print has not been redacted.
    """
    handler = _LineHandler(stream or sys.stdout)
    handler.setFormatter(_LineFormatter(component))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class _LineHandler(logging.StreamHandler[TextIO]):
    """Writes lines; a record that cannot be written is reported without its content."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say on stderr that a record was lost: the standard library would print its arguments."""
        kind = getattr(sys.exc_info()[0], "__name__", "unknown")
        print(f"vigil: a log record of {record.name} was lost: {kind}", file=sys.stderr)


class _LineFormatter(logging.Formatter):
    """Makes a record one line of ASCII, so that no text can begin another line or colour it."""

    def __init__(self, component: str) -> None:
        super().__init__()
        self._component = component

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; a field never takes the place of one of ours."""
        fields = dict(getattr(record, _FIELDS, {}))
        own = {
            **_traced(fields),
            _LABELS: {"component": self._component, "logger": record.name, **_labels(fields)},
            "severity": _severity(record.levelno),
            "message": _text(record.getMessage()),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info and record.exc_info[1]:
            own["exception"] = _exception_text(record.exc_info[1])
        return json.dumps({**_object(fields), **own}, ensure_ascii=True, allow_nan=False)


def _traced(fields: dict[str, object]) -> dict[str, object]:
    """Take the trace and the span out of `fields`; return them by Cloud Logging's names."""
    taken = {_TRACE: str(fields.pop("trace", "")), _SPAN_ID: str(fields.pop("span_id", ""))}
    return {name: value for name, value in taken.items() if _TRACE_FORM.fullmatch(value)}


def _labels(fields: dict[str, object]) -> dict[str, str]:
    """Take what people search by out of `fields`; Cloud Logging keeps labels as text."""
    return {name: _text(fields.pop(name)) for name in _LABEL_FIELDS if name in fields}


def _severity(level: int) -> str:
    """Return the name of the highest of Cloud Logging's severities that `level` reaches."""
    known = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    return next((logging.getLevelName(at) for at in known if level >= at), "DEFAULT")


def _text(value: object) -> str:
    """Return `value` as redacted text that every JSON reader takes (FAULTS A08, D25)."""
    text = _SURROGATE.sub("\ufffd", str(value))
    return text if _CONTENT_ID.fullmatch(text) else redact(text)


def _object(fields: Mapping[Any, object], depth: int = 0) -> dict[str, object]:
    return {_text(name): _field(str(name), value, depth + 1) for name, value in fields.items()}


def _field(name: str, value: object, depth: int) -> object:
    """Return a field's value as JSON; in `password="x"` it is the name that tells what x is."""
    if not isinstance(value, str):
        return _value(value, depth)
    return _text(value) and _text(f"{name}={value}").removeprefix(f"{name}=")


def _value(value: object, depth: int) -> object:
    """Return `value` as JSON, every text in it redacted; what JSON has no word for becomes text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        return _object(value, depth)
    if isinstance(value, list | tuple | set | frozenset) and depth < _MAX_DEPTH:
        return [_value(item, depth + 1) for item in value]
    return _text(value)


def _exception_text(error: BaseException) -> str:
    """Return the error and its causes as Python would print them, first cause first.

    Only frames of our own code are named, without their source, and messages are redacted: they
    quote what somebody sent.
    """
    return "\n\n".join(_one_exception(cause) for cause in reversed(list(_chain(error))))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, its cause, the cause of that, and so on."""
    seen: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _one_exception(error: BaseException) -> str:
    frames = [
        f'  File "{_own_name(frame.filename)}", line {frame.lineno}, in {frame.name}'
        for frame in traceback.extract_tb(error.__traceback__)
        if _PACKAGE in Path(frame.filename).parents
    ]
    last = _text(f"{type(error).__qualname__}: {error}")
    return "\n".join(["Traceback (most recent call last):", *frames, last])


def _own_name(filename: str) -> str:
    return Path(filename).relative_to(_PACKAGE.parent).as_posix()
