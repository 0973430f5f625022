"""Prices: what a quantity costs, what is free of it, and what nobody has verified."""

import pytest

from infra.cost.cost_tables import LOADS
from infra.cost.figures import Figures
from infra.cost.installation import usage_of
from infra.cost.price_list import Price, PriceList

PRICES = PriceList.read()


@pytest.mark.parametrize(
    ("name", "quantity", "expected"),
    [
        pytest.param("run.cpu", 3_600, 0.0864, id="an hour of one vCPU"),
        pytest.param("run.requests", 1_000_000, 0.40, id="a million requests"),
        pytest.param("pubsub.bytes", 2**40, 40, id="a TiB"),
        pytest.param("firestore.reads", 100_000, 0.03, id="reads are sold by the hundred thousand"),
        pytest.param("firestore.writes", 100_000, 0.09, id="and so are writes"),
        pytest.param("logging.storage", 1, 0.50, id="a GiB of logs"),
        pytest.param("secrets.accesses", 10_000, 0.03, id="ten thousand looks at a secret"),
    ],
)
def test_a_price_is_that_of_its_unit(name: str, quantity: float, expected: float) -> None:
    assert PRICES.cost({name: quantity}) == pytest.approx(expected)


def test_what_is_free_is_taken_off_once_a_month() -> None:
    price = Price(0.40, "request", "an example", verified=True, free=2_000_000, per=1_000_000)

    assert [price.of(n, with_free=True) for n in (1_000_000, 2_000_000, 4_000_000)] == [0, 0, 0.8]


def test_what_has_no_price_is_no_cost_of_nothing() -> None:
    with pytest.raises(KeyError):
        PRICES.cost({"run.wishes": 1})


def test_the_products_add_up_to_the_whole() -> None:
    usage = usage_of(LOADS[0], Figures.read())

    assert sum(PRICES.by_product(usage).values()) == pytest.approx(PRICES.cost(usage))


def test_a_price_that_nobody_has_verified_is_named_where_it_is_counted_with() -> None:
    usage = {"run.cpu": 1.0, "run.idle_cpu": 1.0, "model.input": 0.0}

    assert PRICES.unverified(usage) == ["run.idle_cpu"]


def test_each_price_says_where_it_stands() -> None:
    assert [name for name, price in PRICES.prices.items() if len(price.source) < 10] == []
