"""The traffic that entries tell of."""

from datetime import timedelta
from random import Random

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.traffic_of import traffic_of
from vigil.logs.log_entry import LogEntry
from vigil.model.counted import Counted
from vigil.model.request_traffic import CUSTOMER, MOST_VALUES, OTHER, USER, Traffic
from vigil.model.user_sample import UserSample

START = int(NOON.timestamp())
OLD, NEW = (("revision", "cart-00041"), ("zone", "eu")), (("revision", "cart-00042"),)


def request(second: float = 0.0, **changes: object) -> LogEntry:
    return log_entry(occurred_at=NOON + timedelta(seconds=second), **changes)


def at_noon(*entries: LogEntry) -> Traffic:
    return traffic_of(entries, 60)[START]


def test_requests_count_in_the_slice_in_which_they_occurred() -> None:
    entries = [request(-0.5), request(), request(59.999), request(60), request(150)]
    counted = {
        start - START: part.endpoints["shop", "POST /payment"].requests
        for start, part in traffic_of(entries, 60).items()
    }
    assert counted == {-60: 1.0, 0: 2.0, 60: 1.0, 120: 1.0}


def test_a_line_without_an_endpoint_is_no_request() -> None:
    assert traffic_of([request(endpoint="", user="a1", traits=NEW)], 60) == {}


def test_endpoints_and_values_count_requests_and_failures() -> None:
    found = at_noon(
        request(traits=OLD), request(traits=OLD), request(traits=NEW, failed=True), request()
    )
    assert found.endpoints == {("shop", "POST /payment"): Counted(4.0, 1.0)}
    assert found.values == {
        ("shop", "revision", "cart-00041"): Counted(2.0),
        ("shop", "revision", "cart-00042"): Counted(1.0, 1.0),
        ("shop", "zone", "eu"): Counted(2.0),
        ("shop", "method", "POST"): Counted(4.0, 1.0),
    }


@pytest.mark.parametrize(
    ("endpoint", "methods"),
    [
        pytest.param("GET /", ["GET"], id="of HTTP"),
        pytest.param("JEFF /", [OTHER], id="of nobody"),
        pytest.param("/shop.Cart/Pay", [], id="none"),
    ],
)
def test_methods_are_those_of_http(endpoint: str, methods: list[str]) -> None:
    found = at_noon(request(endpoint=endpoint))
    assert [value for _, name, value in found.values if name == "method"] == methods


def test_users_count_once_in_each_service() -> None:
    found = at_noon(
        request(user="a1"),
        request(user="a1", failed=True, endpoint="GET /"),
        request(user="b2"),
        request(user=None, failed=True),
        request(user="a1", service="mail"),
    )
    assert {name: sketch.count() for name, sketch in found.users.items()} == {"shop": 2, "mail": 1}
    assert {name: sketch.count() for name, sketch in found.failed_users.items()} == {"shop": 1}


def test_requests_that_name_a_user_are_sampled_and_counted() -> None:
    found = at_noon(
        request(user="a1", digest="0000000b00000000"),
        request(user="b2", digest="0000000a00000000", endpoint="GET /"),
        request(user="c3", digest="0000000c00000000", failed=True),
        request(user=None, failed=True),
    )
    sample = UserSample([("0000000c", "c3")], [("0000000a", "b2"), ("0000000b", "a1")])
    assert found.samples == {("shop", USER): sample}
    assert found.values["shop", USER, OTHER] == Counted(3.0, 1.0)


def test_a_customer_is_sampled_beside_his_users_and_who_is_both_once() -> None:
    found = at_noon(
        request(user="a1", customer="c9", digest="0000000b00000000"),
        request(user="c9", customer="c9", digest="0000000a00000000"),
        request(customer="c8", digest="0000000c00000000"),
    )
    assert found.samples == {
        ("shop", USER): UserSample([], [("0000000b", "a1")]),
        ("shop", CUSTOMER): UserSample(
            [], [("0000000a", "c9"), ("0000000b", "c9"), ("0000000c", "c8")]
        ),
    }
    assert found.users["shop"].count() == 2


def test_values_without_room_count_together() -> None:
    found = at_noon(*[request(traits=(("zone", f"{n:03}"),)) for n in range(MOST_VALUES + 3)])
    assert found.values["shop", "zone", OTHER] == Counted(3.0)


def test_parts_of_a_batch_merge_into_its_traffic_in_any_order() -> None:
    random = Random("batch")
    entries = [
        request(
            digest=random.randbytes(8).hex(),
            service=random.choice(("shop", "mail")),
            endpoint=random.choice(("GET /", "POST /pay", "/route", "")),
            traits=random.choice(((), OLD, NEW)),
            user=random.choice((None, "a1", "b2", "c3")),
            failed=random.random() < 0.2,
        )
        for _ in range(400)
    ]
    whole = at_noon(*entries)
    random.shuffle(entries)
    parts = Traffic()
    for start in range(0, len(entries), 50):
        parts.merge(at_noon(*entries[start : start + 50]))
    assert parts == whole
