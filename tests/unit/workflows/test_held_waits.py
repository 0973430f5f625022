"""Waits are joined from batch to batch, and given to a batch of the service that was called."""

from datetime import timedelta

import pytest

from tests.builders import NOON, log_entry, raw_entry
from tests.vigil_in_memory import VigilInMemory
from vigil.detection.waits import Found
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import AnomalyType
from vigil.model.series import Series
from vigil.stores.queries import ANOMALIES
from vigil.workflows import held_waits
from vigil.workflows.held_waits import HeldWaits

CART = Series("cart", "GET /cart")


def served(number: int = 0) -> LogEntry:
    return log_entry(
        service="cart",
        endpoint="GET /cart",
        latency_us=4000,
        trace_id=f"trace-{number}",
        parent_span_id=f"call-{number}",
    )


def called(number: int = 0) -> LogEntry:
    return log_entry(
        service="web",
        endpoint="",
        latency_us=None,
        trace_id=f"trace-{number}",
        span_id=f"call-{number}",
        span_us=9000,
    )


def waited(found: Found) -> list[int]:
    return [wait.us for wait in found.get(CART, ())]


def test_a_wait_is_given_to_the_next_batch_of_the_service_that_was_called_and_once() -> None:
    waits = HeldWaits()
    batches = [[served()], [called()], [served(1)], [served(2)]]
    assert [waited(waits.take_in("acme", batch)) for batch in batches] == [[], [], [5000], []]


def test_tenants_are_apart() -> None:
    waits = HeldWaits()
    waits.take_in("acme", [served()])
    assert waited(waits.take_in("other", [called(), served(1)])) == []


def test_a19_only_so_many_tenants_and_waits_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_waits, "TENANTS", 1)
    monkeypatch.setattr(held_waits, "HELD", 2)
    waits = HeldWaits()
    for number in range(4):
        waits.take_in("acme", [served(number)])
    waits.take_in("acme", [called(number) for number in range(4)])
    assert waited(waits.take_in("acme", [served(9)])) == [5000, 5000]
    waits.take_in("other", [served()])
    assert waited(waits.take_in("acme", [called(9), served(10)])) == []


def sent(kind: str, minute: int, number: int, fields: dict[str, object]) -> dict[str, object]:
    """Return an entry of `kind` of the trace with that number."""
    at = (NOON + timedelta(minutes=minute, seconds=8 * number)).isoformat()
    trace = f"projects/shop/traces/{minute:016x}{number:016x}"
    identity = {"insertId": f"{kind}{minute}-{number}", "trace": trace}
    return raw_entry(timestamp=at, receiveTimestamp=at, **identity, **fields)


def request(minute: int, number: int) -> dict[str, object]:
    asked = {"requestMethod": "GET", "requestUrl": "/cart", "status": 200, "latency": "0.004s"}
    told = {"spanId": "00000000000000b2", "jsonPayload": {"parentSpanId": "00000000000000a1"}}
    return sent("request", minute, number, {"httpRequest": asked, **told})


def span(minute: int, number: int, ms: float) -> dict[str, object]:
    told: dict[str, object] = {
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "web"}},
        "spanId": "00000000000000a1",
        "jsonPayload": {"message": "HTTP GET", "span": {"name": "HTTP GET", "durationMs": ms}},
    }
    return sent("span", minute, number, told)


def test_callers_that_wait_are_found_though_spans_come_in_other_batches_than_requests() -> None:
    with VigilInMemory() as vigil:
        for minute in range(13):
            ms = 1000.0 if minute == 11 else 9.0
            for number in range(6):
                vigil.receive([request(minute, number)])
                vigil.receive([span(minute, number, ms)])
            vigil.settle(60)
        vigil.settle(120)
        found = [snapshot.value for snapshot in vigil.store.anomalies.query(ANOMALIES)]
    assert [(each.series, each.anomaly_type) for each in found] == [
        (Series("cart", "GET /cart"), AnomalyType.LATENCY_INCREASE)
    ]
    assert "callers waited" in found[0].description
