"""The sample shop as its customers and its log see it, over real HTTP."""

import queue
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from tests.http_recorder import HttpRecorder, Reply
from vigil.local.free_port import listen_on
from vigil.local.loop_thread import LoopThread
from vigil.local.shop import Shop
from vigil.local.shop_load import ShopLoad
from vigil.local.shop_log import Entry
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity

PATIENCE_SECONDS = 10.0


@dataclass
class Counterpart:
    """A running shop, a client for it, and its log."""

    shop: Shop
    client: httpx.Client
    raw: "queue.SimpleQueue[Entry]" = field(default_factory=queue.SimpleQueue)

    def next_entries(self, count: int) -> list[LogEntry]:
        return [LogEntry.parse(self.raw.get(timeout=PATIENCE_SECONDS)) for _ in range(count)]

    def next_requests(self, count: int) -> list[LogEntry]:
        found: list[LogEntry] = []
        while len(found) < count:
            found += [entry for entry in self.next_entries(1) if entry.status is not None]
        return found


@pytest.fixture
def running() -> Iterator[Counterpart]:
    raw: queue.SimpleQueue[Entry] = queue.SimpleQueue()
    with (
        Shop(raw.put, port=0, project_id="acme-shop") as shop,
        httpx.Client(base_url=shop.address, timeout=PATIENCE_SECONDS, trust_env=False) as client,
    ):
        yield Counterpart(shop, client, raw)


def test_a_checkout_calls_the_other_services_and_all_of_it_is_one_trace(
    running: Counterpart,
) -> None:
    reply = running.client.post("/checkout")
    assert reply.status_code == 200
    inventory, payment, checkout = running.next_requests(3)
    assert [entry.endpoint for entry in (inventory, payment, checkout)] == [
        "GET /inventory",
        "POST /payment",
        "POST /checkout",
    ]
    assert [entry.service for entry in (inventory, payment, checkout)] == [
        "shop-inventory",
        "shop-payment",
        "shop-checkout",
    ]
    assert {entry.trace_id for entry in (inventory, payment, checkout)} == {
        reply.json()["trace_id"]
    }
    assert inventory.parent_span_id == payment.parent_span_id == checkout.span_id
    assert checkout.parent_span_id is None


def test_what_the_services_say_carries_the_trace_and_the_span_of_its_request(
    running: Counterpart,
) -> None:
    running.client.post("/checkout", params={"order": 4711})
    entries = running.next_entries(6)
    spans = {entry.span_id: entry.service for entry in entries if entry.status is not None}
    said = [entry for entry in entries if entry.status is None]
    assert [entry.message for entry in said] == [
        "stock checked for order 4711",
        "payment for order 4711 accepted",
        "order 4711 placed",
    ]
    assert all(spans[entry.span_id] == entry.service for entry in said)
    assert len({entry.digest for entry in entries}) == 6


def test_a_checkout_takes_as_long_as_the_calls_it_makes(running: Counterpart) -> None:
    running.client.post("/checkout")
    inventory, payment, checkout = (entry.latency_us or 0 for entry in running.next_requests(3))
    assert inventory > 10_000
    assert payment > 20_000
    assert checkout > inventory + payment


def test_a_callers_trace_is_continued(running: Counterpart) -> None:
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    running.client.get("/inventory", headers={"traceparent": f"00-{trace}-{span}-01"})
    (entry,) = running.next_requests(1)
    assert (entry.trace_id, entry.parent_span_id) == (trace, span)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("payment", "payment gateway timeout for order 4711"),
        ("inventory", "inventory database unavailable for order 4711"),
    ],
)
def test_a_broken_service_answers_500_and_the_checkout_502_with_errors_of_their_own(
    broken: str, message: str, running: Counterpart
) -> None:
    running.client.post("/simulate/error", params={"endpoint": f"/{broken}", "rate": "1.0"})
    assert running.client.post("/checkout", params={"order": 4711}).status_code == 502
    entries = running.next_entries(6 if broken == "payment" else 4)
    errors = [entry for entry in entries if entry.severity is LogSeverity.ERROR]
    assert [(entry.service, entry.status) for entry in errors] == [
        (f"shop-{broken}", None),
        (f"shop-{broken}", 500),
        ("shop-checkout", None),
        ("shop-checkout", 502),
    ]
    assert errors[0].message == message
    assert errors[2].message == f"order 4711 failed: {broken} answered 500"


def test_a_search_reads_the_catalog_and_fails_with_it(running: Counterpart) -> None:
    assert running.client.get("/search").status_code == 200
    assert [e.endpoint for e in running.next_requests(2)] == ["GET /catalog", "GET /search"]
    running.client.post("/simulate/error", params={"endpoint": "/catalog", "rate": "1.0"})
    assert running.client.get("/search", params={"order": 4711}).status_code == 502
    errors = [e.message for e in running.next_entries(4) if e.status is None]
    assert errors == [
        "catalog index unavailable for search 4711",
        "search 4711 failed: catalog answered 500",
    ]


def test_a_delay_is_felt_by_its_service_and_by_who_calls_it_until_it_is_cleared(
    running: Counterpart,
) -> None:
    running.client.post("/simulate/delay?endpoint=payment&duration=200")
    running.client.post("/checkout")
    _, payment, checkout = (entry.latency_us or 0 for entry in running.next_requests(3))
    assert payment > 200_000
    assert checkout > 200_000
    assert running.client.get("/simulate/status").json() == {
        "simulations": {"payment": {"delay_ms": 200.0, "error_rate": 0.0}}
    }
    assert running.client.post("/simulate/clear").json() == {"simulations": {}}
    assert running.shop.faults.delay_of("payment") == timedelta(0)


def test_health_answers_and_the_controls_are_no_part_of_the_log(running: Counterpart) -> None:
    running.client.post("/simulate/scenario", params={"name": "cascade"})
    running.client.get("/simulate/status")
    assert running.client.get("/health").status_code == 200
    (entry,) = running.next_entries(1)
    assert entry.endpoint == "GET /health"


@pytest.mark.parametrize(
    ("target", "advice"),
    [
        ("/simulate/delay?duration=2000", "endpoint is missing"),
        ("/simulate/delay?endpoint=payment", "duration is missing"),
        ("/simulate/delay?endpoint=cellar&duration=1", "one of checkout, payment, inventory"),
        ("/simulate/delay?endpoint=payment&duration=-1", "from 0 to 60000"),
        ("/simulate/delay?endpoint=payment&duration=nan", "from 0 to 60000"),
        ("/simulate/delay?endpoint=payment&duration=1e999", "from 0 to 60000"),
        ("/simulate/delay?endpoint=payment&duration=long", "from 0 to 60000"),
        ("/simulate/error?endpoint=inventory&rate=80", "from 0 to 1"),
        ("/simulate/error?endpoint=//inventory&rate=1", "one of checkout, payment, inventory"),
        ("/simulate/scenario?name=earthquake", "one of latency_spike, error_storm, cascade"),
        ("/payment?order=many", "order is a number"),
        ("/payment?order=%C2%B2", "order is a number"),
        ("/checkout?order=" + "9" * 5000, "order is a number"),
    ],
)
def test_bad_input_is_answered_400_with_what_to_do(
    target: str, advice: str, running: Counterpart
) -> None:
    reply = running.client.post(target)
    assert reply.status_code == 400
    assert advice in reply.json()["error"]
    assert running.shop.faults.status() == {}


def test_a_taken_port_is_stepped_around() -> None:
    with listen_on(0) as listener:
        taken = listener.getsockname()[1]
        with Shop(lambda entry: None, port=taken) as shop:
            assert shop.address != f"http://127.0.0.1:{taken}"
            assert httpx.get(f"{shop.address}/health", trust_env=False).status_code == 200


def test_stopping_lets_go_who_waits_frees_the_port_and_logs_nothing_of_it() -> None:
    raw: queue.SimpleQueue[Entry] = queue.SimpleQueue()
    with Shop(raw.put, port=0) as shop:
        shop.faults.delay("inventory", timedelta(seconds=60))
        place = httpx.URL(shop.address)
        customer = socket.create_connection((place.host, place.port or 0), PATIENCE_SECONDS)
        customer.sendall(b"GET /inventory HTTP/1.1\r\nHost: shop\r\n\r\n")
        # Answered after the one before it has been taken in.
        httpx.get(f"{shop.address}/health", trust_env=False)
        raw.get(timeout=PATIENCE_SECONDS)
    with customer:
        assert customer.recv(100).startswith(b"HTTP/1.1 200")
    assert raw.empty()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{shop.address}/health", trust_env=False)
    shop.stop()


def test_the_load_goes_on_while_the_shop_is_slow() -> None:
    raw: queue.SimpleQueue[Entry] = queue.SimpleQueue()
    with Shop(raw.put, port=0) as shop:
        shop.faults.delay("payment", timedelta(seconds=60))
        with ShopLoad(shop.address, checkouts_per_second=20, inventory_per_second=20) as load:
            seen: Counter[str] = Counter()
            while seen["GET /inventory"] < 20:
                entry = LogEntry.parse(raw.get(timeout=PATIENCE_SECONDS))
                seen[entry.endpoint] += entry.status is not None
        assert seen["POST /checkout"] == 0
        counts = load.counts
    assert counts.succeeded + counts.cut_off == counts.sent
    assert counts.succeeded > 0
    assert counts.cut_off > 0


def test_the_load_counts_failures_and_who_got_no_answer() -> None:
    script = [Reply(status=500), Reply(cut_after=0), Reply()]
    with HttpRecorder(script) as recorder:
        with ShopLoad(recorder.address, checkouts_per_second=50, inventory_per_second=0) as load:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while load.counts.succeeded == 0 and time.monotonic() < deadline:
                recorder.stopping.wait(0.01)
        assert (load.counts.failed, load.counts.unanswered) == (1, 1)
        assert load.counts.succeeded > 0


def test_a_program_that_breaks_is_heard_of_when_it_is_stopped() -> None:
    async def broken(stopping: object) -> None:
        raise ConnectionError("lost")

    thread = LoopThread("broken", broken)
    thread.stop()
    thread.start()
    with pytest.raises(ConnectionError, match="lost"):
        thread.stop()
