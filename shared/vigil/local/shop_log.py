"""The sample shop's log: the entries that Cloud Run and Cloud Logging would deliver of it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from vigil.local.shop_trace import Span
from vigil.model.log_severity import LogSeverity
from vigil.ports import Clock

Entry = dict[str, object]


@dataclass(frozen=True, slots=True)
class ServedRequest:
    """A request that was answered: `latency` is the time from `started_at` to the answer."""

    service: str
    method: str
    url: str
    status: int
    started_at: datetime
    latency: timedelta
    span: Span


class ShopLog:
    """Gives each entry to `emit`, as a dict in the shape in which a sink delivers a LogEntry.

    `emit` is called in the thread that serves the shop and has to return at once; what it raises
    becomes that request's failure.
    """

    def __init__(self, emit: Callable[[Entry], None], *, project_id: str, now: Clock) -> None:
        """Take where entries go, the project they stand in, and what time it is."""
        self._emit = emit
        self._project_id = project_id
        self._now = now
        self._counter = itertools.count(1)

    def request(self, served: ServedRequest) -> None:
        """Log a request as Cloud Run does: 5xx is an ERROR, 4xx a WARNING."""
        message = f"{served.method} {urlsplit(served.url).path} answered {served.status}"
        entry = self._entry("requests", served.service, served.started_at, served.span)
        self._emit(
            entry
            | {
                "severity": _severity_of(served.status).name,
                "httpRequest": _http_request(served),
                "jsonPayload": {"message": message} | _parent(served.span),
            }
        )

    def say(self, severity: LogSeverity, text: str, service: str, span: Span) -> None:
        """Log what a service says itself, as its standard output would be read."""
        entry = self._entry("stdout", service, self._now(), span)
        self._emit(entry | {"severity": severity.name, "jsonPayload": {"message": text}})

    def _entry(self, log: str, service: str, at: datetime, span: Span) -> Entry:
        return {
            "logName": f"projects/{self._project_id}/logs/run.googleapis.com%2F{log}",
            "resource": {
                "type": "cloud_run_revision",
                "labels": {"project_id": self._project_id, "service_name": service},
            },
            "timestamp": _instant(at),
            "receiveTimestamp": _instant(self._now()),
            "insertId": _insert_id(at, next(self._counter)),
            "trace": f"projects/{self._project_id}/traces/{span.trace_id}",
            "spanId": span.span_id,
        }


def _http_request(served: ServedRequest) -> Entry:
    return {
        "requestMethod": served.method,
        "requestUrl": served.url,
        "status": served.status,
        "latency": f"{served.latency.total_seconds():.6f}s",
    }


def _parent(span: Span) -> Entry:
    parent = span.parent_span_id
    return {"span": {"parentSpanId": parent}} if parent else {}


def _severity_of(status: int) -> LogSeverity:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return LogSeverity.ERROR
    return LogSeverity.WARNING if status >= HTTPStatus.BAD_REQUEST else LogSeverity.INFO


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _insert_id(at: datetime, number: int) -> str:
    # The counter tells apart what happens in one microsecond, the time what another run has logged.
    return f"{int(at.timestamp() * 1_000_000):x}-{number:x}"
