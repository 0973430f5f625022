import itertools
import socket
from datetime import UTC, datetime, timedelta

import pytest

from vigil.errors import InvalidRequest
from vigil.local.free_port import choose_port, listen_on
from vigil.local.shop_faults import Scenario, ShopFaults, break_something
from vigil.local.shop_load import schedule
from vigil.local.shop_log import Entry, ServedRequest, ShopLog
from vigil.local.shop_trace import Span, begin_span
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)


# --- ports ----------------------------------------------------------------------------------------


def test_a_free_port_is_taken_as_wanted() -> None:
    with listen_on(0) as listener:
        wanted = listener.getsockname()[1]
    assert choose_port(wanted) == wanted


def test_another_port_is_chosen_when_the_wanted_one_is_taken() -> None:
    with listen_on(0) as listener:
        taken = listener.getsockname()[1]
        assert choose_port(taken) != taken
        with listen_on(taken) as other:
            assert other.getsockname()[1] != taken


def test_a_listening_socket_is_reached_before_anybody_serves_it() -> None:
    with listen_on(0) as listener, socket.create_connection(listener.getsockname()[:2], 1):
        assert listener.getsockname()[0] == "127.0.0.1"


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["payment", "/payment"])
def test_an_endpoint_is_named_with_or_without_its_slash(name: str) -> None:
    faults = ShopFaults()
    faults.delay(name, timedelta(seconds=2))
    faults.fail(name, 0.5)
    assert faults.status() == {"payment": {"delay_ms": 2000.0, "error_rate": 0.5}}


def test_only_the_broken_endpoint_is_struck() -> None:
    faults = ShopFaults()
    faults.fail("payment", 1)
    assert all(faults.strikes("payment") for _ in range(100))
    assert not any(faults.strikes("inventory") for _ in range(100))


def test_the_error_rate_is_kept_and_repeats_with_its_seed() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = ShopFaults(seed)
        faults.fail("inventory", 0.8)
        return [faults.strikes("inventory") for _ in range(1000)]

    assert 750 < sum(strikes(1)) < 850
    assert strikes(1) == strikes(1) != strikes(2)


def test_what_is_repaired_is_no_longer_listed() -> None:
    faults = ShopFaults()
    faults.delay("payment", timedelta(seconds=2))
    faults.delay("payment", timedelta(0))
    assert faults.status() == {}


@pytest.mark.parametrize(
    "rate",
    [-0.1, 1.1, float("nan"), float("inf")],
)
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(InvalidRequest, match="rate is a share from 0 to 1"):
        ShopFaults().fail("payment", rate)


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="latency_spike, error_storm, cascade"):
        break_something(ShopFaults(), "earthquake")


@pytest.mark.parametrize("scenario", Scenario)
def test_every_scenario_breaks_something_and_clear_repairs_it(scenario: Scenario) -> None:
    faults = ShopFaults()
    assert break_something(faults, scenario) is scenario
    assert len(faults.status()) == 1
    faults.clear()
    assert faults.status() == {}


# --- traces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        "00-" + "0" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "A" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "1" * 16 + "-01\n",
    ],
)
def test_without_a_valid_traceparent_a_new_trace_begins(header: str | None) -> None:
    span = begin_span(header, "request 1")
    assert span == begin_span(None, "request 1")
    assert span.parent_span_id is None
    assert begin_span(span.traceparent, "request 2").trace_id == span.trace_id


# --- log ------------------------------------------------------------------------------------------


def logged(status: int, span: Span) -> LogEntry:
    entries: list[Entry] = []
    log = ShopLog(entries.append, project_id="acme-shop", now=lambda: NOON + timedelta(seconds=1))
    url = "http://127.0.0.1:5000/payment?order=7"
    log.request(
        ServedRequest("shop-payment", "POST", url, status, NOON, timedelta(milliseconds=43), span)
    )
    return LogEntry.parse(entries[0])


@pytest.mark.parametrize(
    ("status", "severity"),
    [(200, LogSeverity.INFO), (404, LogSeverity.WARNING), (500, LogSeverity.ERROR)],
)
def test_a_request_is_logged_as_cloud_run_does(status: int, severity: LogSeverity) -> None:
    span = Span("1" * 32, "2" * 16, "3" * 16)
    entry = logged(status, span)
    assert (entry.project_id, entry.service, entry.endpoint) == (
        "acme-shop",
        "shop-payment",
        "POST /payment",
    )
    assert (entry.status, entry.severity, entry.latency_us) == (status, severity, 43_000)
    assert entry.occurred_at == NOON
    assert (entry.trace_id, entry.span_id, entry.parent_span_id) == (
        span.trace_id,
        span.span_id,
        span.parent_span_id,
    )


def test_a_request_without_a_caller_has_no_parent() -> None:
    assert logged(200, Span("1" * 32, "2" * 16)).parent_span_id is None


def test_two_entries_of_one_instant_have_different_ids() -> None:
    entries: list[Entry] = []
    log = ShopLog(entries.append, project_id="acme-shop", now=lambda: NOON)
    for _ in range(2):
        log.say(LogSeverity.INFO, "order 7 placed", "shop-checkout", Span("1" * 32, "2" * 16))
    first, second = (LogEntry.parse(entry) for entry in entries)
    assert first.message == second.message == "order 7 placed"
    assert first.digest != second.digest


# --- load -----------------------------------------------------------------------------------------


def test_the_schedule_keeps_both_rates_and_its_order() -> None:
    due = list(itertools.takewhile(lambda due: due.after_seconds < 10, schedule(4, 2)))
    paths = [request.path for request in due]
    assert (paths.count("/checkout"), paths.count("/inventory")) == (40, 20)
    assert due == sorted(due, key=lambda request: request.after_seconds)
    assert len({request.after_seconds for request in due}) == len(due)


def test_a_rate_of_zero_sends_none_of_its_kind() -> None:
    assert list(schedule(0, 0)) == []
