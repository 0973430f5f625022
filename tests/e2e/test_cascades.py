"""A shop that is broken for a while gives one incident for each fault, which blames what broke."""

from datetime import timedelta

import pytest

from tests.broken_shop import Breakage, run_shop

LEARNS, LASTS = timedelta(minutes=13), timedelta(minutes=4)


def broken(place: str, *, after: float = 0, delay: float = 0, fail: float = 0) -> Breakage:
    """Return what is wrong with a place `after` seconds; `delay` is in seconds."""
    return Breakage(place, LEARNS + timedelta(seconds=after), LASTS, timedelta(seconds=delay), fail)


@pytest.mark.slow
@pytest.mark.parametrize(
    "breakages",
    [
        pytest.param([broken("payment", delay=2)], id="a callee is slow"),
        pytest.param([broken("catalog", after=40, fail=0.4)], id="a callee fails"),
        pytest.param([broken("inventory", delay=1, fail=0.6)], id="a callee of two is both"),
        pytest.param([broken("checkout", delay=3)], id="a caller is slow by itself"),
        pytest.param([broken("checkout", fail=1)], id="a caller is down and calls nobody any more"),
        pytest.param(
            [broken("inventory", fail=1)], id="a callee is down and another is not called"
        ),
        pytest.param([broken("payment", delay=50)], id="a callee hangs and its callers give up"),
        pytest.param(
            [broken("payment", fail=0.5), broken("catalog", after=20, delay=2)],
            id="two that have nothing to do with each other",
        ),
        pytest.param(
            [broken("checkout", fail=0.7), broken("search", after=5, fail=0.7)],
            id="two callers at once",
        ),
    ],
)
def test_each_fault_is_one_incident_that_blames_what_broke(breakages: list[Breakage]) -> None:
    aftermath = run_shop(breakages, lasts=LEARNS + LASTS + timedelta(minutes=3), seed=7)
    assert sorted(aftermath.roots) == sorted(each.series for each in breakages)
    assert len(aftermath.pages) == len(breakages)
