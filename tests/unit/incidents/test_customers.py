"""A customer who has the failures is told among thousands, and nobody where all have them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.traffic_of import traffic_of
from vigil.incidents.differences import differences
from vigil.logs.log_entry import LogEntry
from vigil.model.impact import Difference
from vigil.model.request_traffic import Traffic

# Makes 2 % of the requests.
HEAVY = "00beef"
CUSTOMERS = 4000

Fails = Callable[[Random, str], bool]


def requests(count: int, seed: str, fails: Fails, customers: int = CUSTOMERS) -> list[LogEntry]:
    """Return requests of many customers, some of whom make far more of them than others."""
    random = Random(seed)
    found = []
    for number in range(count):
        anyone = f"{int(customers * random.random() ** 3):06x}"
        user = HEAVY if random.random() < 0.02 else anyone
        found.append(
            log_entry(
                digest=random.randbytes(8).hex(),
                occurred_at=NOON + timedelta(milliseconds=number),
                customer=user,
                failed=fails(random, user),
            )
        )
    return found


def told(entries: list[LogEntry]) -> list[Difference]:
    (bad,) = traffic_of(entries, 3600).values()
    return [each for each in differences(Traffic(), bad, ["shop"]) if each.field == "customer"]


@pytest.mark.parametrize("count", [1200, 20_000])
def test_one_customer_of_thousands_who_has_two_fifths_of_the_failures_is_told(count: int) -> None:
    # 2 % of the requests fail, and of all failures two fifths are his.
    (found,) = told(
        requests(
            count, "hit", lambda random, user: random.random() < (0.8 if user == HEAVY else 0.025)
        )
    )
    assert (found.service, found.value) == ("shop", HEAVY)
    assert 0.3 < found.share < 0.6
    assert found.usual_share < 0.05


def test_what_is_told_names_his_share_of_the_requests_and_that_it_is_a_sample() -> None:
    few = requests(600, "few", lambda random, user: user == HEAVY)
    many = requests(20_000, "many", lambda random, user: user == HEAVY)
    assert told(few)[0].text == (
        "14 of 14 failures are of customer 00beef, who makes 2% of the requests "
        "(chance under 1 in 10^15)"
    )
    assert told(many)[0].text == (
        "128 of 128 sampled failures are of customer 00beef, who makes 2% of the requests "
        "(chance under 1 in 10^15)"
    )


@pytest.mark.slow
@pytest.mark.parametrize("failing", [0.01, 0.2, 0.9, 1.0])
@pytest.mark.parametrize("customers", [3, 40, CUSTOMERS])
def test_failures_spread_over_customers_as_their_requests_are_tell_nobody(
    failing: float, customers: int
) -> None:
    windows = 40
    found = [
        told(requests(1500, f"{turn}", lambda random, _: random.random() < failing, customers))
        for turn in range(windows)
    ]
    assert found == [[]] * windows


def test_a_customer_who_makes_all_the_requests_is_no_news() -> None:
    alone = [
        replace(each, customer=HEAVY)
        for each in requests(500, "one", lambda r, _: r.random() < 0.5)
    ]
    assert told(alone) == []


def test_a_user_is_told_as_one() -> None:
    entries = requests(600, "few", lambda random, user: user == HEAVY)
    users = [replace(each, user=each.customer, customer=None) for each in entries]
    (bad,) = traffic_of(users, 3600).values()
    (found,) = differences(Traffic(), bad, ["shop"])
    assert found.field == "user"
    assert "14 failures are of user 00beef, who makes 2%" in found.text


def test_four_failures_are_too_few_to_name_a_customer() -> None:
    assert told(requests(600, "four", lambda r, user: user == HEAVY)[:150]) == []


def test_customers_of_services_that_are_not_affected_are_not_looked_at() -> None:
    (bad,) = traffic_of(requests(600, "few", lambda r, user: user == HEAVY), 3600).values()
    assert differences(Traffic(), bad, ["mail"]) == ()


def test_thousands_of_customers_hide_no_revision() -> None:
    def entry(number: int, revision: str, *, failed: bool) -> LogEntry:
        return log_entry(
            digest=f"{number:016x}",
            user=f"{number:06x}",
            traits=(("revision", revision),),
            failed=failed,
        )

    (bad,) = traffic_of(
        [
            *[entry(number, "cart-00041", failed=False) for number in range(200)],
            *[entry(number, "cart-00042", failed=number < 206) for number in range(200, 218)],
        ],
        3600,
    ).values()
    (found,) = differences(Traffic(), bad, ["shop"])
    assert (found.field, found.value) == ("revision", "cart-00042")
