"""Of all changes those are told that may have to do with an incident."""

from datetime import timedelta

import pytest

from tests.builders import NOON
from vigil.incidents.recent_changes import MOST_CHANGES, recent_changes
from vigil.model.change import Change, ChangeKind


def change(seconds: float, service: str = "cart", change_id: str = "") -> Change:
    at = NOON + timedelta(seconds=seconds)
    name = change_id or f"{service}{seconds}"
    return Change(name, "acme", ChangeKind.DEPLOYMENT, service, "deployed", at)


@pytest.mark.parametrize(
    ("seconds", "service", "told"),
    [
        pytest.param(-60, "cart", True, id="a minute before"),
        pytest.param(-900, "cart", True, id="just in time"),
        pytest.param(-901, "cart", False, id="too long before"),
        pytest.param(60, "cart", True, id="after it by a clock that is fast"),
        pytest.param(61, "cart", False, id="after it"),
        pytest.param(-60, "mail", False, id="another service"),
        pytest.param(-60, "", True, id="of no single service"),
    ],
)
def test_changes_shortly_before_it_are_told(seconds: float, service: str, told: bool) -> None:
    made = change(seconds, service)
    assert recent_changes([made], onset=NOON, services={"cart"}) == ((made,) if told else ())


def test_the_nearest_comes_first_and_each_once() -> None:
    changes = [change(-300), change(-20), change(40), change(-300), change(-100)]
    found = recent_changes(changes, onset=NOON, services={"cart"})
    assert [(each.at - NOON).total_seconds() for each in found] == [-20, 40, -100, -300]


def test_of_many_the_nearest_are_told() -> None:
    changes = [change(-each) for each in range(100)]
    found = recent_changes(changes, onset=NOON, services={"cart"})
    assert found == tuple(changes[:MOST_CHANGES])


def test_how_long_before_can_be_chosen() -> None:
    made = change(-1800)
    within = timedelta(hours=1)
    assert recent_changes([made], onset=NOON, services={"cart"}, within=within) == (made,)
