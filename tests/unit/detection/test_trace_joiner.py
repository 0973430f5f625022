"""What the entries of traces are joined to."""

import zlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from random import Random

import pytest

from tests.builders import NOON, log_entry
from vigil.detection import trace_joiner as joiner_module
from vigil.detection.trace_joiner import TraceJoiner
from vigil.logs.log_entry import LogEntry
from vigil.model.doings import Doings, Part, PartKind
from vigil.model.duration_sketch import duration_bucket
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series
from vigil.model.trace_profile import TraceProfile

MS = 1000
NOON_SECONDS = int(NOON.timestamp())

WEB = ("web", "GET /")
CART = ("cart", "GET /cart")
CALL_OF_CART = Part(PartKind.CALL, *CART)


def told(service: str, at_ms: float = 0.0, **changes: object) -> LogEntry:
    """Return an entry of trace `t`, so long after noon."""
    at = NOON + timedelta(milliseconds=at_ms)
    plain: dict[str, object] = {
        "service": service,
        "endpoint": "",
        "message": "",
        "status": None,
        "latency_us": None,
        "occurred_at": at,
        "received_at": at,
        "trace_id": "t",
    }
    return log_entry(**(plain | changes))


def request(
    service: str, endpoint: str, ms: int, at_ms: float = 0.0, **told_of: object
) -> LogEntry:
    """Return the entry of a request that took so long."""
    return told(service, at_ms, endpoint=endpoint, latency_us=ms * MS, **told_of)


def span(service: str, name: str, ms: int, at_ms: float = 0.0, **told_of: object) -> LogEntry:
    """Return the entry of a span that took so long."""
    return told(service, at_ms, message=name, span_us=ms * MS, **told_of)


def trace(*, ends: bool = False) -> list[LogEntry]:
    """Return the entries of a request of web that calls cart, told at their starts or ends."""

    def at(start_ms: int, ms: int) -> int:
        return start_ms + ms * ends

    return [
        request(*WEB, 100, at(0, 100), span_id="a"),
        span("web", "HTTP GET", 50, at(10, 50), span_id="b", parent_span_id="a"),
        request(*CART, 30, at(20, 30), span_id="c", parent_span_id="b"),
        told("cart", 25, span_id="c", message="3 items in cart 17"),
    ]


def joined(*batches: Sequence[LogEntry]) -> TraceProfile:
    """Return what traces showed when all batches are in."""
    joiner = TraceJoiner()
    found = [joiner.take_in(batch) for batch in batches]
    return merged([*found, joiner.flush()])


def merged(found: Iterable[dict[int, TraceProfile]]) -> TraceProfile:
    """Return all of the windows together."""
    whole = TraceProfile()
    for windows in found:
        for profile in windows.values():
            whole.merge(profile)
    return whole


@pytest.mark.parametrize("ends", [False, True], ids=["told at the start", "told at the end"])
def test_a_trace_shows_what_each_operation_did(*, ends: bool) -> None:
    profile = joined(trace(ends=ends))
    line = Part(PartKind.LOG, "cart", "<*> items in cart")
    assert profile.operations == {
        WEB: Doings(1, {CALL_OF_CART: 1}, {duration_bucket(50 * MS): 1}),
        ("web", "HTTP GET"): Doings(1, {CALL_OF_CART: 1}),
        CART: Doings(1, {line: 1}, {duration_bucket(30 * MS): 1}),
    }
    assert profile.gaps_us == {("web", "cart"): {duration_bucket(20 * MS): 1}}


def test_a_call_tells_both_endpoints_and_their_times() -> None:
    (call,) = joined(trace()).calls()
    assert (call.caller, call.callee) == (Series(*WEB), Series(*CART))
    assert (call.count, call.calling, call.nested) == (1, 1, 0)
    assert (call.caller_us, call.callee_us) == (100 * MS, 30 * MS)


@pytest.mark.parametrize("seed", range(5))
def test_order_and_batches_change_nothing(seed: int) -> None:
    entries = trace()
    Random(seed).shuffle(entries)
    alone = [[entry] for entry in entries]
    assert joined(*alone).to_bytes() == joined(trace()).to_bytes()


@pytest.mark.parametrize("ends", [False, True], ids=["told at the start", "told at the end"])
def test_without_parents_a_call_is_of_the_request_around_it(*, ends: bool) -> None:
    entries = [
        request(*WEB, 100, 100 * ends, span_id="a"),
        request(*CART, 30, 20 + 30 * ends, span_id="c", parent_span_id="of no entry"),
    ]
    profile = joined(entries)
    (call,) = profile.calls()
    assert (call.caller, call.callee, call.nested) == (Series(*WEB), Series(*CART), 1)
    # All that is not the callee's time is around the call.
    assert profile.gaps_us == {("web", "cart"): {duration_bucket(70 * MS): 1}}


def test_time_between_two_calls_is_divided_among_both() -> None:
    entries = [
        request(*WEB, 100, span_id="a"),
        request(*CART, 30, 10, span_id="b", parent_span_id="a"),
        request("stock", "GET /stock", 30, 60, span_id="c", parent_span_id="a"),
    ]
    # 10 ms before, 20 between, 10 after.
    assert joined(entries).gaps_us == {
        ("web", "cart"): {duration_bucket(20 * MS): 1},
        ("web", "stock"): {duration_bucket(20 * MS): 1},
    }


def test_a_line_of_an_untold_span_is_of_the_request_around_it() -> None:
    line = told("cart", 25, span_id="of no entry", message="cart is empty")
    profile = joined([request(*CART, 30, 10, span_id="c"), line])
    assert profile.operations[CART].parts == {Part(PartKind.LOG, "cart", "cart is empty"): 1}


def test_failures_and_complaints_are_told_apart_from_lines() -> None:
    entries = [
        request(*CART, 30, span_id="c", failed=True),
        told("cart", 5, span_id="c", message="no stock", severity=LogSeverity.WARNING),
    ]
    assert set(joined(entries).operations[CART].parts) == {
        Part(PartKind.FAILURE, "cart", ""),
        Part(PartKind.COMPLAINT, "cart", "no stock"),
    }


def test_a_step_does_not_count_the_call_that_runs_beside_it() -> None:
    entries = [
        request(*WEB, 100, span_id="a"),
        span("web", "handle", 90, 5, span_id="b", parent_span_id="a"),
        span("web", "HTTP GET", 80, 10, span_id="c", parent_span_id="a"),
    ]
    own = joined(entries).operations["web", "handle"].own_us
    assert own == {duration_bucket(10 * MS): 1}


def test_both_sides_of_a_call_may_share_a_span() -> None:
    entries = [
        span("web", "GET cart", 50, span_id="a"),
        request(*CART, 30, 10, span_id="a"),
    ]
    assert joined(entries).gaps_us == {("web", "cart"): {duration_bucket(20 * MS): 1}}


def test_spans_that_are_each_others_parents_end_nothing() -> None:
    entries = [
        span("web", "one", 50, span_id="a", parent_span_id="b"),
        span("cart", "two", 50, span_id="b", parent_span_id="a"),
        span("web", "three", 50, span_id="c", parent_span_id="c"),
    ]
    assert set(joined(entries).operations) == {("web", "one"), ("cart", "two"), ("web", "three")}


def test_a_trace_is_complete_when_nothing_comes_for_ten_seconds() -> None:
    joiner = TraceJoiner()
    assert joiner.take_in(trace()) == {}
    assert joiner.take_in([request(*WEB, 1, 9_000, trace_id="u", span_id="d")]) == {}
    found = joiner.take_in([request(*WEB, 1, 20_000, trace_id="v", span_id="e")])
    assert found[NOON_SECONDS].operations[CART].count == 1


@pytest.mark.parametrize("alone", [True, False])
def test_a04_a_clock_that_runs_ahead_holds_no_trace_up(*, alone: bool) -> None:
    joiner = TraceJoiner()
    wild = request(*WEB, 1, 9e9, trace_id="wild")
    first = [request(*WEB, 1, n, trace_id=f"first{n}") for n in range(20)]
    then = [request(*WEB, 1, 30_000 + n, trace_id=f"then{n}") for n in range(20)]

    batches = [[wild], first, then] if alone else [[wild, *first], then]
    found = merged([joiner.take_in(batch) for batch in batches])

    assert found.operations[WEB].count == 20
    assert joiner.waiting == 20 + 1


def test_a_trace_counts_in_the_window_of_its_first_entry() -> None:
    joiner = TraceJoiner(window_seconds=15)
    joiner.take_in([request(*WEB, 1, 14_000, span_id="a"), request(*CART, 1, 16_000, span_id="b")])
    assert list(joiner.flush()) == [NOON_SECONDS]


def test_too_many_entries_make_the_oldest_trace_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joiner_module, "_MOST_ENTRIES", 4)
    joiner = TraceJoiner()
    assert joiner.take_in(trace()) == {}
    found = joiner.take_in([request(*WEB, 1, trace_id="u", span_id="d")])
    assert set(found[NOON_SECONDS].operations) == {WEB, ("web", "HTTP GET"), CART}


def test_what_is_kept_of_lines_and_spans_is_redacted() -> None:
    entries = [
        request(*CART, 30, span_id="c"),
        span("cart", "mail ann@example.com", 5, span_id="d", parent_span_id="c"),
        told("cart", 5, span_id="c", message="paid by jo@example.com, password=opensesame"),
    ]
    kept = joined(entries).to_bytes()
    plain = zlib.decompress(kept).decode()
    assert "example.com" not in plain
    assert "opensesame" not in plain


def test_entries_without_a_trace_show_nothing() -> None:
    assert joined([request(*WEB, 1, trace_id=None)]) == TraceProfile()
