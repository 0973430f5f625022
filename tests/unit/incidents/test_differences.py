"""What failures have in common is found where there is such a thing, and nowhere else."""

from itertools import pairwise
from math import comb
from random import Random

import pytest

from vigil.incidents.differences import MOST_DIFFERENCES, differences
from vigil.incidents.upper_tail import log_upper_tail
from vigil.model.counted import Counted
from vigil.model.request_traffic import OTHER, Traffic

Values = dict[str, tuple[float, float]]

USUAL: Values = {"cart-00041": (8000, 8), "cart-00042": (800, 1)}


def traffic(values: Values, field: str = "revision", service: str = "cart") -> Traffic:
    return Traffic(values={(service, field, value): Counted(*of) for value, of in values.items()})


def test_a_revision_of_which_all_failures_are_is_told_with_its_numbers() -> None:
    bad = traffic({"cart-00041": (424, 0), "cart-00042": (42, 42)})
    (found,) = differences(traffic(USUAL), bad, ["cart"])
    assert (found.service, found.field, found.value) == ("cart", "revision", "cart-00042")
    assert (found.share, found.count, found.total) == (1.0, 42, 42)
    assert found.usual_share == pytest.approx(1 / 11)
    assert found.text == (
        "42 of 42 failures are of revision cart-00042, which serves 9% of the requests "
        "(chance under 1 in 10^15)"
    )


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"cart-00041": (424, 0), "cart-00042": (42, 0)}, id="nothing fails"),
        pytest.param({"cart-00041": (424, 42), "cart-00042": (42, 5)}, id="all fail alike"),
        pytest.param({"cart-00042": (42, 42)}, id="it serves everything"),
        pytest.param({"cart-00041": (424, 0), "cart-00042": (42, 4)}, id="four failures"),
        pytest.param({"cart-00041": (9, 1), "cart-00042": (9, 5)}, id="luck gives as much"),
        pytest.param({"cart-00041": (424, 0), OTHER: (42, 42)}, id="many values in one"),
        pytest.param({"cart-00041": (9000, 300), "cart-00042": (3000, 140)}, id="slightly more"),
    ],
)
def test_nothing_is_told_where_no_value_stands_out(bad: Values) -> None:
    assert differences(traffic(USUAL), traffic(bad), ["cart"]) == ()


def test_what_usually_serves_nearly_all_is_no_news() -> None:
    bad = traffic({"cart-00041": (424, 42), "cart-00042": (100, 0)})
    assert differences(traffic(USUAL), bad, ["cart"]) == ()


def test_a_value_that_is_new_and_takes_most_requests_is_told() -> None:
    bad = traffic({"cart-00041": (40, 0), "cart-00043": (400, 200)})
    (found,) = differences(traffic(USUAL), bad, ["cart"])
    assert found.usual_share == 0.0
    assert "which serves 91% of the requests, usually 0% (chance 1 in 10^10)" in found.text


def test_of_a_field_that_is_new_its_share_of_the_requests_is_the_usual_one() -> None:
    bad = traffic({"a": (900, 60), "b": (300, 4)}, field="zone")
    assert differences(traffic(USUAL), bad, ["cart"]) == ()
    (found,) = differences(traffic(USUAL), traffic({"a": (900, 0), "b": (300, 60)}), ["cart"])
    assert found.usual_share == 0.0
    (found,) = differences(Traffic(), traffic({"a": (900, 0), "b": (300, 60)}), ["cart"])
    assert (found.usual_share, found.share) == (0.25, 1.0)


def test_other_services_are_left_out() -> None:
    bad = traffic({"a": (424, 0), "b": (42, 42)}, service="mail")
    assert differences(Traffic(), bad, ["cart"]) == ()
    assert len(differences(Traffic(), bad, ["cart", "mail"])) == 1


def test_the_surest_come_first_and_the_rest_is_cut() -> None:
    values = {}
    for each in range(MOST_DIFFERENCES + 5):
        values["cart", f"field-{each:02}", "old"] = Counted(400, 0)
        values["cart", f"field-{each:02}", "new"] = Counted(20 + each, 20 + each)
    found = differences(Traffic(), Traffic(values=values), ["cart"])
    assert len(found) == MOST_DIFFERENCES
    assert all(one.count > other.count for one, other in pairwise(found))


def test_traffic_that_has_faded_is_still_counted() -> None:
    usual = traffic({"a": (0.4, 0.0), "b": (0.1, 0.0)})
    bad = traffic({"a": (99.6, 0.0), "b": (20.2, 19.8)})
    assert [found.value for found in differences(usual, bad, ["cart"])] == ["b"]


@pytest.mark.parametrize(
    ("at_least", "whole", "marked", "drawn"),
    [
        pytest.param(1, 12, 5, 4, id="less than the mean"),
        pytest.param(3, 12, 5, 4, id="more than the mean"),
        pytest.param(5, 20, 5, 5, id="all"),
        pytest.param(4, 9, 7, 6, id="as many as there have to be"),
        pytest.param(30, 400, 60, 80, id="many more"),
        pytest.param(5, 400, 60, 80, id="many less"),
    ],
)
def test_the_tail_is_that_of_the_definition(
    at_least: int, whole: int, marked: int, drawn: int
) -> None:
    ways = sum(
        comb(marked, count) * comb(whole - marked, drawn - count)
        for count in range(at_least, min(marked, drawn) + 1)
    )
    expected = ways / comb(whole, drawn)
    assert 10 ** log_upper_tail(at_least, whole, marked, drawn) == pytest.approx(expected)


def test_the_tail_is_never_too_small_to_be_told_and_nothing_is_beyond_its_end() -> None:
    assert -20_000 < log_upper_tail(20_000, 100_000, 20_000, 30_000) < -9_000
    assert log_upper_tail(6, 20, 5, 5) == float("-inf")


def random_window(random: Random, failing: float) -> Traffic:
    """Return requests with four fields of many values each, which fail whatever their values."""
    window = Traffic()
    fields = {f"field-{each}": random.choice((2, 3, 8, 40)) for each in range(4)}
    skews = {field: random.choice((0.5, 1.0, 3.0)) for field in fields}
    for _ in range(random.choice((20, 60, 250, 800))):
        failed = float(random.random() < failing)
        for field, count in fields.items():
            value = f"v{int(count * random.random() ** skews[field])}"
            key = ("cart", field, value)
            window.values.setdefault(key, Counted()).add(Counted(1.0, failed))
    return window


@pytest.mark.slow
@pytest.mark.parametrize("failing", [0.005, 0.1, 0.5, 0.95])
def test_hardly_ever_is_anything_told_of_traffic_that_fails_uniformly(failing: float) -> None:
    random = Random(f"uniform {failing}")
    windows = 300
    told = 0
    for _ in range(windows):
        bad = random_window(random, failing)
        usual = random.choice((Traffic(), random_window(random, failing)))
        told += bool(differences(usual, bad, ["cart"]))
    assert told < 0.01 * windows
