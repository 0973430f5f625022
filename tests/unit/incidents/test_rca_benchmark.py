"""The benchmark of root causes judges by what a running installation would have known."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from tests.benchmarks.rca import Judged, accuracy, judged_day
from tests.builders import NOON, log_entry
from vigil.logs.log_entry import LogEntry

MINUTE = timedelta(minutes=1)


def payment(at: datetime, *, failed: bool) -> LogEntry:
    """Return a traced request of a payment."""
    seconds = at.timestamp()
    return log_entry(
        service="shop",
        endpoint="POST /payment",
        occurred_at=at,
        received_at=at,
        failed=failed,
        trace_id=f"t{seconds}",
        span_id=f"s{seconds}",
    )


def day(failing: Sequence[tuple[int, int]]) -> Iterator[list[LogEntry]]:
    """Yield the requests of half an hour, one a second, which fail from minute to minute."""
    for second in range(30 * 60):
        failed = any(start * 60 <= second < end * 60 for start, end in failing)
        yield [payment(NOON + timedelta(seconds=second), failed=failed)]


def judge(minutes: Sequence[int], failing: Sequence[tuple[int, int]]) -> list[Judged]:
    """Return what is found of faults at these minutes."""
    faults = [(f"f{minute}", NOON + minute * MINUTE) for minute in minutes]
    return list(judged_day(faults, [], day(failing)))


def test_a_fault_is_judged_by_a_hundred_and_fifty_seconds() -> None:
    (judged,) = judge([10], [(10, 20)])
    assert judged.entries == 150
    assert [suspect.service for suspect in judged.suspects] == ["shop"]


@pytest.mark.parametrize(
    "failing",
    [pytest.param([(13, 30)], id="only later"), pytest.param([(0, 30)], id="all the time")],
)
def test_what_is_not_new_within_that_time_blames_nobody(failing: list[tuple[int, int]]) -> None:
    (judged,) = judge([10], failing)
    assert judged.suspects == ()


def test_the_time_of_an_earlier_fault_is_not_usual() -> None:
    first, second = judge([5, 10], [(5, 7), (10, 20)])
    assert first.suspects
    assert "fails in 100% of its 150 runs, usually 0%" in second.suspects[0].proofs[0].text


def test_accuracy_is_the_share_of_faults_whose_service_is_among_the_first() -> None:
    services = {"f1": "cart", "f2": "web", "f3": "stock"}
    ranking = {"f1": ["cart"], "f2": ["cart", "web"]}
    assert accuracy(services, ranking) == "AC@1 0.333  AC@3 0.667  AC@5 0.667"
