"""How far an incident reaches, in requests, users, error budget and services."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly
from vigil.incidents.impact import impact_of
from vigil.model.counted import Counted
from vigil.model.impact import Impact
from vigil.model.request_traffic import Traffic
from vigil.model.series import Series
from vigil.model.user_hashes import UserSketch

PAY, BUY, HOME = ("pay", "POST /pay"), ("shop", "POST /buy"), ("shop", "GET /")
AFFECTED = [Series(*PAY), Series(*BUY), Series("pay")]


def users(names: Iterable[str]) -> UserSketch:
    sketch = UserSketch()
    sketch.add(names)
    return sketch


def traffic() -> Traffic:
    return Traffic(
        endpoints={PAY: Counted(100, 40), BUY: Counted(120, 20), HOME: Counted(900, 3)},
        users={"pay": users("abcd"), "shop": users("cdefgh"), "mail": users("xyz")},
        failed_users={"pay": users("ab"), "shop": users("b"), "mail": users("x")},
    )


def test_only_the_affected_endpoints_count() -> None:
    impact = impact_of(AFFECTED, traffic(), [], objective=0.999, minutes=2)
    assert (impact.requests, impact.failed) == (220, 60)


def test_who_uses_two_services_is_one_user() -> None:
    impact = impact_of(AFFECTED, traffic(), [], objective=0.999, minutes=2)
    assert (impact.users, impact.user_share) == (2, 2 / 8)


@pytest.mark.parametrize(
    ("objective", "minutes", "burned"),
    [
        # All requests of 43.2 minutes in 30 days are one in a thousand.
        pytest.param(0.999, 43.2, 60 / 220, id="the whole budget's time"),
        pytest.param(0.99, 43.2, 60 / 2200, id="a budget ten times as large"),
        pytest.param(0.999, 4.32, 60 / 2200, id="a tenth of the time"),
        pytest.param(0.0, 43_200, 60 / 220, id="nothing promised"),
    ],
)
def test_the_budget_is_what_may_fail_in_a_month(
    objective: float, minutes: float, burned: float
) -> None:
    impact = impact_of(AFFECTED, traffic(), [], objective=objective, minutes=minutes)
    assert impact.budget_burned == pytest.approx(burned)


def test_of_nothing_known_nothing_is_said() -> None:
    assert impact_of(AFFECTED, Traffic(), [], objective=0.999, minutes=2) == Impact()


def test_users_of_whom_none_failed_are_known() -> None:
    seen = Traffic(users={"pay": users("ab")})
    impact = impact_of(AFFECTED, seen, [], objective=0.999, minutes=2)
    assert (impact.users, impact.user_share) == (0, 0.0)


def test_services_are_named_once_in_the_order_in_which_they_strayed() -> None:
    strayed = [("shop", 30), ("pay", 2), ("mail", 30), ("shop", 1), ("pay", 60)]
    anomalies = [
        anomaly(service=service, started_at=NOON + timedelta(seconds=seconds))
        for service, seconds in strayed
    ]
    impact = impact_of([], Traffic(), anomalies, objective=0.999, minutes=2)
    assert impact.spread == ("shop", "pay", "mail")
