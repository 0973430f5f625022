"""Who calls whom."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, log_entry
from vigil.detection.calls import DEPTH, find_calls
from vigil.logs.log_entry import LogEntry
from vigil.model.series import Series

Calls = dict[Series, frozenset[Series]]


def span(  # noqa: PLR0913 - a span has these parts, and each test names the two or three it is about
    service: str,
    endpoint: str,
    span_id: str | None = None,
    parent: str | None = None,
    *,
    start_ms: int = 0,
    latency_ms: int | None = 100,
    trace: str | None = "trace",
) -> LogEntry:
    return log_entry(
        service=service,
        endpoint=endpoint,
        span_id=span_id,
        parent_span_id=parent,
        trace_id=trace,
        occurred_at=NOON + timedelta(milliseconds=start_ms),
        latency_us=None if latency_ms is None else latency_ms * 1000,
    )


WEB, BANK = Series("web", "GET /"), Series("bank", "POST /pay")


def call(callee: Series, *callers: Series) -> Calls:
    return {callee: frozenset(callers)}


TABLE: dict[str, tuple[list[LogEntry], Calls]] = {
    "parent and child": (
        [span("web", "GET /", "1"), span("bank", "POST /pay", "2", "1")],
        call(BANK, WEB),
    ),
    "through spans without an endpoint": (
        [
            span("web", "GET /", "1"),
            span("web", "", "2", "1", latency_ms=None),
            span("sdk", "", "3", "2", latency_ms=None),
            span("bank", "POST /pay", "4", "3"),
        ],
        call(BANK, WEB),
    ),
    "through its own span": (
        [
            span("web", "GET /", "1"),
            span("bank", "POST /pay", "2", "1"),
            span("bank", "POST /pay", "3", "2"),
        ],
        call(BANK, WEB),
    ),
    "a cycle of parents": (
        [span("bank", "POST /pay", "2", "1"), span("bank", "", "1", "2", latency_ms=None)],
        {},
    ),
    "a parent that is elsewhere": ([span("bank", "POST /pay", "2", "1")], {}),
    "the same span id in another trace": (
        [span("web", "GET /", "1"), span("bank", "POST /pay", "2", "1", trace="other")],
        {},
    ),
    "by the tightest interval": (
        [
            span("web", "GET /", start_ms=0, latency_ms=90),
            span("shop", "GET /cart", start_ms=5, latency_ms=50),
            span("bank", "POST /pay", start_ms=10, latency_ms=20),
            span("mail", "POST /send", start_ms=70, latency_ms=20),
        ],
        call(BANK, Series("shop", "GET /cart"))
        | call(Series("shop", "GET /cart"), WEB)
        | call(Series("mail", "POST /send"), WEB),
    ),
    "an interval that ends later is not enclosed": (
        [
            span("web", "GET /", latency_ms=50),
            span("bank", "POST /pay", start_ms=40, latency_ms=20),
        ],
        {},
    ),
    "equal intervals tell nothing": ([span("web", "GET /"), span("bank", "POST /pay")], {}),
    "no trace": (
        [
            span("web", "GET /", trace=None),
            span("bank", "POST /pay", start_ms=1, latency_ms=1, trace=None),
        ],
        {},
    ),
    "nothing": ([], {}),
}


@pytest.mark.parametrize(("entries", "expected"), TABLE.values(), ids=TABLE.keys())
def test_calls(entries: list[LogEntry], expected: Calls) -> None:
    assert find_calls(entries) == expected


@given(st.permutations([entry for entries, _ in TABLE.values() for entry in entries]))
def test_a02_calls_do_not_depend_on_the_order_of_entries(entries: list[LogEntry]) -> None:
    assert find_calls(entries) == find_calls(entries[::-1])


def test_a_hostile_chain_of_parents_is_climbed_only_so_far() -> None:
    chain = [span("web", "GET /", "0")]
    chain += [span("sdk", "", str(n), str(n - 1), latency_ms=None) for n in range(1, 5_000)]
    near = span("bank", "POST /near", "near", str(DEPTH - 1))
    far = span("bank", "POST /far", "far", str(DEPTH))
    assert find_calls([*chain, near, far]) == call(Series("bank", "POST /near"), WEB)


def test_a_wide_trace_keeps_the_caller_that_ends_last() -> None:
    root = span("web", "GET /", latency_ms=1_000)
    fan = [
        span("bank", f"POST /pay/{letter}", start_ms=1, latency_ms=100)
        for letter in "abcdefghijklmnopqrstuvwxyz"
        for _ in range(4)
    ]
    calls = find_calls([root, *fan])
    assert len(calls) == 26
    assert set(calls.values()) == {frozenset({WEB})}
