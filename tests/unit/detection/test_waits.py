"""How much longer callers wait than a request takes to serve."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from tests.builders import NOON, log_entry
from vigil.detection import waits as waits_module
from vigil.detection.service_state import ServiceState
from vigil.detection.waits import Waits
from vigil.detection.watch import Watch
from vigil.detection.window import Window
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

CART = Series("cart", "GET /cart")
MS = 1000


def served(number: int = 0, *, second: float = 0.0, **changes: object) -> LogEntry:
    """Return a request of 4 ms, in a span whose parent is the caller's."""
    at = NOON + timedelta(seconds=second)
    told: dict[str, object] = {
        "service": CART.service,
        "endpoint": CART.endpoint,
        "occurred_at": at,
        "received_at": at,
        "latency_us": 4 * MS,
        "trace_id": f"trace-{number}",
        "span_id": f"request-{number}",
        "parent_span_id": f"call-{number}",
    }
    return log_entry(**(told | changes))


def called(
    number: int = 0, *, second: float = 0.0, wait_ms: int = 5, **changes: object
) -> LogEntry:
    """Return the caller's span around that request, so much longer than it."""
    told: dict[str, object] = {
        "service": "web",
        "endpoint": "",
        "message": "HTTP GET",
        "status": None,
        "latency_us": None,
        "span_id": f"call-{number}",
        "parent_span_id": None,
        "span_us": (4 + wait_ms) * MS,
    }
    return served(number, second=second, **(told | changes))


def joined(*batches: Sequence[LogEntry]) -> list[int]:
    """Return the waits for CART, in microseconds, sorted."""
    waits = Waits()
    return sorted([wait.us for batch in batches for wait in waits.take_in(batch).get(CART, ())])


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        pytest.param([[served(), called()]], [5 * MS], id="in one batch"),
        pytest.param([[served()], [called()]], [5 * MS], id="the span comes later"),
        pytest.param([[called()], [served()]], [5 * MS], id="the request comes later"),
        pytest.param([[served()], [called(1)]], [], id="another span"),
        pytest.param([[served(), called(trace_id="other")]], [], id="another trace"),
        pytest.param([[served(trace_id=None), called()]], [], id="no trace"),
        pytest.param([[served(), called(service="cart")]], [], id="a span of the same service"),
        pytest.param([[served(latency_us=None), called()]], [], id="no latency"),
        pytest.param([[served(), called(span_us=None)]], [], id="a span without duration"),
        pytest.param([[served(), called(wait_ms=-2)]], [0], id="shorter than the request"),
        pytest.param(
            [[served(), served(digest="2")], [called()]], [], id="two attempts in one span"
        ),
    ],
)
def test_a_request_is_joined_with_the_span_that_waits_for_it(
    batches: list[list[LogEntry]], expected: list[int]
) -> None:
    assert joined(*batches) == expected


@pytest.mark.parametrize("seed", range(5))
def test_a02_waits_do_not_depend_on_the_order_of_what_comes(seed: int) -> None:
    entries = [each(number) for number in range(20) for each in (served, called)]
    shuffled = Random(seed).sample(entries, len(entries))
    assert joined(*[[entry] for entry in shuffled]) == joined(entries) == [5 * MS] * 20


def test_a19_what_waits_for_its_other_half_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits_module, "REMEMBERED", 3)
    batches = [[served(number)] for number in range(5)]
    assert joined(*batches, [called(number) for number in range(5)]) == [5 * MS] * 3


def test_waits_go_through_the_stored_state() -> None:
    start = int(NOON.timestamp())
    window = Window(entries=1, last_us=start * 1_000_000 + 9, waits={80: (2, start * 1_000_000)})
    state = ServiceState("cart", windows={start: {"GET /cart": window}})
    assert ServiceState.from_bytes("cart", state.to_bytes()) == state


def played(minutes: int, wait_ms: int, *, slow: int, requests: int = 6) -> list[Anomaly]:
    """Return what is found of a last minute in which `slow` of the requests were waited for."""
    watch, found = Watch(Thresholds()), list[Anomaly]()
    for minute in range(minutes + 1):
        for each in range(requests):
            number = minute * requests + each
            second = 60.0 * minute + 8.0 * each
            long = minute == minutes and each < slow
            watch.take_in([served(number, second=second)])
            watch.take_in([called(number, second=second, wait_ms=wait_ms if long else 5)])
        found += watch.tick(NOON + timedelta(minutes=minute + 1, seconds=31))
    return [each for each in found if each.series == CART]


def test_callers_that_wait_for_a_request_that_is_as_fast_as_ever_are_found() -> None:
    (anomaly,) = played(10, 1000, slow=6)
    assert anomaly.anomaly_type is AnomalyType.LATENCY_INCREASE
    assert anomaly.description.startswith(
        "6 of 6 callers waited over 55ms longer than the request took to serve (median 1016ms, "
        "usually 5.4ms)"
    )
    assert anomaly.metrics["waits"] == 6


@pytest.mark.parametrize(
    ("minutes", "wait_ms", "slow"),
    [
        pytest.param(10, 5, 6, id="as ever"),
        pytest.param(10, 40, 6, id="longer by less than counts"),
        pytest.param(10, 1000, 1, id="one of many"),
        pytest.param(0, 1000, 6, id="nothing is known yet"),
    ],
)
def test_waits_that_are_no_news_are_not_told(minutes: int, wait_ms: int, slow: int) -> None:
    assert played(minutes, wait_ms, slow=slow) == []


def test_waits_that_last_become_usual() -> None:
    watch, found = Watch(Thresholds(relearn_after_windows=5)), list[Anomaly]()
    for minute in range(120):
        for each in range(6):
            number, second = minute * 6 + each, 60.0 * minute + 8.0 * each
            wait_ms = 5 if minute < 20 else 1000
            watch.take_in(
                [served(number, second=second), called(number, second=second, wait_ms=wait_ms)]
            )
        found += watch.tick(NOON + timedelta(minutes=minute + 1, seconds=31))
    last = max(each.window_started_at for each in found if each.series == CART)
    assert NOON + timedelta(minutes=24) <= last < NOON + timedelta(minutes=60)
