"""The shop in simulated time does what the real one does, and nobody waits for it."""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta

from tests.builders import NOON
from vigil.local.shop_load import DueRequest
from vigil.local.shop_log import Entry
from vigil.local.simulated_shop import SimulatedLoop, SimulatedShop
from vigil.logs.log_entry import LogEntry

HOUR = timedelta(hours=1)


def simulated(
    customers: Sequence[DueRequest], *, slow: str = "", by: timedelta = timedelta(0)
) -> list[LogEntry]:
    """Return what the shop logs of its requests, one place of it being slow."""
    raw: list[Entry] = []
    with closing(SimulatedLoop(NOON)) as loop:
        shop = SimulatedShop(raw.append, loop.now)
        if slow:
            shop.faults.delay(slow, by)
        loop.run_until_complete(shop.serve(customers))
    return [entry for entry in map(LogEntry.parse, raw) if entry.status is not None]


def test_hours_pass_between_customers() -> None:
    first, second = simulated([DueRequest(0, "GET", "/health"), DueRequest(3600, "GET", "/health")])
    assert HOUR <= second.occurred_at - first.occurred_at < HOUR + timedelta(seconds=1)


def test_a_caller_gives_up_on_a_callee_that_answers_in_the_end() -> None:
    search, catalog = simulated(
        [DueRequest(0, "GET", "/search")], slow="catalog", by=timedelta(seconds=12)
    )
    assert (search.endpoint, search.status) == ("GET /search", 502)
    assert (catalog.endpoint, catalog.status) == ("GET /catalog", 200)
    assert 10_000_000 < (search.latency_us or 0) < 11_000_000
    assert 12_000_000 < (catalog.latency_us or 0) < 13_000_000


def test_customers_who_get_no_answer_go_away() -> None:
    [late] = simulated([DueRequest(0, "GET", "/health")], slow="health", by=timedelta(seconds=60))
    assert late.status == 200
