"""Group commit: how full batches are, and how long an instance is busy, worked out by hand."""

import pytest

from infra.cost.batching import answered_after, batching
from infra.cost.figures import MONTH_SECONDS, Figures
from infra.cost.load import Load

FIGURES = Figures.read().with_(
    linger_seconds=0.25, publish_seconds=0.05, max_entries=500, max_held=500
)


def _load(per_second: float, *, tenants: int = 1, clump: float = 1) -> Load:
    return Load(per_second * MONTH_SECONDS, tenants, services=10, clump=clump)


@pytest.mark.parametrize(
    ("load", "entries", "batches"),
    [
        pytest.param(_load(0.001), 1.00025, 0.00099975, id="who is alone is a batch of one"),
        pytest.param(_load(4), 2, 2, id="one more comes within the linger"),
        pytest.param(_load(4, clump=4), 5, 0.8, id="four that come together stay together"),
        pytest.param(_load(8, tenants=2), 2, 2, id="each tenant has its own batch"),
        pytest.param(_load(5_000), 500, 10, id="a full batch does not wait"),
        pytest.param(_load(4_000, tenants=4), 126, 1000 / 126, id="all go out when 500 are held"),
    ],
)
def test_a_batch_holds_what_comes_until_it_goes_out(
    load: Load, entries: float, batches: float
) -> None:
    found = batching(load, FIGURES)

    assert found.instances == 1
    assert found.entries == pytest.approx(entries)
    assert found.batches == pytest.approx(batches)


def test_an_instance_is_billed_while_it_holds_a_request_and_not_for_each() -> None:
    # A buffer is open for 0.3 s and then closed for 1 s; what is begun is rounded up by 0.05 s.
    assert batching(_load(1), FIGURES).billed_seconds == pytest.approx(0.3 / 1.3 + 0.05 / 1.3)
    # Twenty times as many held requests, one busy instance.
    assert batching(_load(1000), FIGURES).billed_seconds == pytest.approx(1, abs=0.01)


def test_nothing_that_comes_in_keeps_nothing_busy() -> None:
    assert batching(Load(0, tenants=0, services=0), FIGURES).billed_seconds == 0


def test_an_entry_waits_for_half_the_time_that_its_batch_is_open() -> None:
    # With one more clump in the linger: 0.25 s for the first, 0.125 s for the other.
    assert answered_after(_load(4), FIGURES, 1) == pytest.approx((0.25 + 0.125) / 2 + 0.05)


@pytest.mark.parametrize(
    ("per_second", "instances"),
    [
        # Of 900 requests 540 are aimed at: 250 are in the batch that fills, 250 are published.
        pytest.param(5_000, 1, id="one holds what it batches"),
        # 10.4 cores, of which 60 % are aimed at, and 500 / 2 + 5000 held by each of them.
        pytest.param(100_000, 18, id="many for their CPU"),
    ],
)
def test_instances_are_for_their_cpu_or_for_what_they_hold(
    per_second: float, instances: int
) -> None:
    assert batching(_load(per_second, tenants=20), FIGURES).instances == instances
