"""Waits are joined from batch to batch, and given to a batch of the service that was called."""

import pytest

from tests.builders import log_entry
from vigil.detection.waits import Found
from vigil.logs.log_entry import LogEntry
from vigil.model.series import Series
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
