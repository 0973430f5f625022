"""A whole installation: what grows with what, and that nothing is counted without a price."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.cost.cost_tables import LOADS
from infra.cost.figures import MONTH_SECONDS, Figures
from infra.cost.installation import scene_of, usage_of
from infra.cost.load import Load
from infra.cost.messaging import batch_bytes, entry_bytes
from infra.cost.price_list import PriceList

FIGURES = Figures.read()
PRICES = PriceList.read()
IDLE = Load(0, tenants=1, services=200)

volumes = st.integers(0, 10**11)
loads = st.builds(
    Load,
    volumes,
    tenants=st.integers(1, 300),
    services=st.integers(1, 200),
    clump=st.sampled_from([1, 4, 20]),
    is_even=st.booleans(),
)


def _cost(load: Load) -> float:
    return PRICES.cost(usage_of(load, FIGURES))


@given(load=loads, factor=st.floats(min_value=1, max_value=100))
def test_more_entries_never_cost_less(load: Load, factor: float) -> None:
    assert _cost(replace(load, entries=load.entries * factor)) >= _cost(load) * (1 - 1e-9)


@given(load=loads)
def test_nothing_is_taken_less_than_not_at_all(load: Load) -> None:
    assert min(usage_of(load, FIGURES).values()) >= 0


@given(load=loads)
def test_what_is_free_never_makes_it_dearer(load: Load) -> None:
    usage = usage_of(load, FIGURES)

    assert PRICES.cost(usage, with_free=True) <= PRICES.cost(usage)


@pytest.mark.parametrize("more", [{"services": 400}, {"tenants": 2}], ids=["services", "tenants"])
def test_idle_tenants_and_services_cost_something_too(more: dict[str, int]) -> None:
    assert _cost(replace(IDLE, **more)) > _cost(IDLE)  # type: ignore[arg-type]  # names of fields


def test_an_idle_tick_reads_every_service_of_the_tenant_each_minute() -> None:
    more = usage_of(IDLE, FIGURES)["firestore.reads"]
    less = usage_of(replace(IDLE, services=0), FIGURES)["firestore.reads"]

    assert more - less == pytest.approx(200 * MONTH_SECONDS / 60)


def test_an_entry_is_published_and_pushed() -> None:
    # 1,066 bytes each way: more than the least that is charged.
    assert entry_bytes(scene_of(LOADS[0], FIGURES)) == 2 * (968 + 98)


def test_a_small_entry_is_pushed_at_the_least_that_is_charged() -> None:
    small = FIGURES.with_(entry_bytes=100)

    assert entry_bytes(scene_of(LOADS[0], small)) == 198 + 1_000


def test_a_batch_is_as_large_as_the_benchmark_has_measured() -> None:
    full = scene_of(Load.a_second(5_000, tenants=1, services=5), FIGURES)

    assert full.batches.entries == 500
    assert batch_bytes(full) == pytest.approx(213_186, rel=0.01)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="as deployed"),
        pytest.param({"always_on": 1}, id="billed by instance"),
        pytest.param({"idle_instances": 1}, id="an instance always there"),
    ],
)
def test_everything_that_is_taken_has_a_price(changed: dict[str, float]) -> None:
    usage = usage_of(LOADS[1], FIGURES.with_(**changed))

    assert set(usage) <= set(PRICES.prices)


def test_billed_by_instance_no_request_of_batch_logs_is_charged() -> None:
    load = LOADS[2]
    by_request, by_instance = (
        usage_of(load, FIGURES.with_(always_on=on))["run.requests"] for on in (0, 1)
    )

    assert by_request - by_instance == pytest.approx(load.entries + MONTH_SECONDS / 60)


def test_a_figure_that_there_is_not_cannot_be_changed() -> None:
    with pytest.raises(KeyError):
        FIGURES.with_(linger=1)
