"""How much longer a caller waits for a request than it takes to serve it.

What lies between is the network, queues in front of the service, and a service that hardly gets to
run: none of it shows in how long the service itself says that it took.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from vigil.logs.log_entry import LogEntry
from vigil.model.series import Series

# A caller's span ends after the request that it waits for, so one of both is kept for the other.
REMEMBERED = 20_000

_Span = tuple[str, str]


class Wait(NamedTuple):
    """When a request was seen, and how much longer its caller waited, in microseconds."""

    at: datetime
    us: int


class _Request(NamedTuple):
    series: Series
    at: datetime
    latency_us: int


Found = Mapping[Series, Sequence[Wait]]
NONE_WAITED: Found = {}


class Waits:
    """Joins the requests that were served with the spans in which others waited for them.

    A caller's span is the parent of the request, in the same trace, and of another service. The two
    may come in different batches, in any order; at most REMEMBERED of each kind are kept for the
    other, those that came first go first.

    >>> from datetime import UTC, datetime
    >>> from vigil.model.log_severity import LogSeverity
    >>> at = datetime(2024, 5, 1, tzinfo=UTC)
    >>> def entry(service: str, endpoint: str, **told: object) -> LogEntry:
    ...     texts = ("d", "shop", "log", service, endpoint)
    ...     return LogEntry(*texts, at, at, LogSeverity.INFO, "", trace_id="t", **told)
    >>> served = entry("cart", "GET /cart", latency_us=4000, parent_span_id="a")
    >>> waits = Waits()
    >>> waited = entry("web", "", span_us=9000, span_id="a")
    >>> found = waits.take_in([served]), waits.take_in([waited])
    >>> [[wait.us for wait in of.get(Series("cart", "GET /cart"), ())] for of in found]
    [[], [5000]]
    """

    def __init__(self) -> None:
        self._requests: dict[_Span, list[_Request]] = {}
        self._spans: dict[_Span, tuple[str, int]] = {}

    def take_in(self, entries: Iterable[LogEntry]) -> Found:
        """Return the waits that `entries` complete, by what was called."""
        found: defaultdict[Series, list[Wait]] = defaultdict(list)
        for entry in entries:
            if entry.trace_id is None:
                continue
            if entry.endpoint:
                self._served(entry, entry.trace_id, found)
            elif entry.span_us is not None and entry.span_id:
                self._waited(entry, (entry.trace_id, entry.span_id), entry.span_us, found)
        _forget(self._requests)
        _forget(self._spans)
        return found

    def _served(self, entry: LogEntry, trace: str, found: dict[Series, list[Wait]]) -> None:
        if entry.latency_us is None or not entry.parent_span_id:
            return
        key = trace, entry.parent_span_id
        series = Series(entry.service, entry.endpoint)
        request = _Request(series, entry.occurred_at, entry.latency_us)
        waiting = self._spans.pop(key, None)
        if waiting is None:
            self._requests.setdefault(key, []).append(request)
        else:
            _note(request, waiting, found)

    def _waited(
        self, entry: LogEntry, key: _Span, span_us: int, found: dict[Series, list[Wait]]
    ) -> None:
        waiting = entry.service, span_us
        requests = self._requests.pop(key, None)
        if requests is None:
            self._spans[key] = waiting
        # What a caller tried again within a span took the time of all attempts.
        elif len(requests) == 1:
            _note(requests[0], waiting, found)


def _note(request: _Request, waiting: tuple[str, int], found: dict[Series, list[Wait]]) -> None:
    caller, span_us = waiting
    if caller != request.series.service:
        wait = Wait(request.at, max(span_us - request.latency_us, 0))
        found.setdefault(request.series, []).append(wait)


def _forget(kept: dict[_Span, Any]) -> None:
    for key in list(kept)[: max(len(kept) - REMEMBERED, 0)]:
        del kept[key]
