"""What is kept of requests adds up in any order, is bounded, and comes back from bytes."""

import json
import zlib
from itertools import permutations
from random import Random

import pytest

from vigil.errors import PermanentError
from vigil.model.counted import Counted
from vigil.model.request_traffic import MOST_VALUES, OTHER, Traffic
from vigil.model.request_traffic_bytes import MOST_ENDPOINTS, MOST_SAMPLES, MOST_SERVICES
from vigil.model.user_hashes import UserSketch
from vigil.model.user_sample import MOST_SAMPLED, UserSample

PAY = ("cart", "POST /pay")
OLD, NEW = ("cart", "revision", "cart-00041"), ("cart", "revision", "cart-00042")


def users(*names: str) -> UserSketch:
    sketch = UserSketch()
    sketch.add(names)
    return sketch


def traffic(requests: float = 8.0, failed: float = 2.0) -> Traffic:
    return Traffic(
        endpoints={PAY: Counted(requests, failed)},
        values={OLD: Counted(requests - failed), NEW: Counted(failed, failed)},
        users={"cart": users("a", "b", "c")},
        failed_users={"cart": users("c")},
        samples={("cart", "user"): UserSample([("0b", "c")], [("0a", "a"), ("0c", "b")])},
    )


def with_revisions(*revisions: str) -> Traffic:
    return Traffic(values={("cart", "revision", each): Counted(1.0) for each in revisions})


def merged(*parts: Traffic) -> Traffic:
    whole = Traffic()
    for part in parts:
        whole.merge(part)
    return whole


def test_merging_adds_requests_and_joins_users() -> None:
    other = Traffic(
        endpoints={PAY: Counted(2.0, 1.0)},
        users={"cart": users("c", "d")},
        samples={("cart", "user"): UserSample([("09", "d")], [("0a", "a")])},
    )
    whole = merged(traffic(), other)
    assert whole.endpoints == {PAY: Counted(10.0, 3.0)}
    assert whole.users["cart"].count() == 4
    assert whole.failed_users["cart"].count() == 1
    both = UserSample([("09", "d"), ("0b", "c")], [("0a", "a"), ("0c", "b")])
    assert whole.samples == {("cart", "user"): both}


def test_what_is_merged_with_a_weight_counts_so_many_times() -> None:
    whole = traffic()
    whole.merge(traffic(), 0.5)
    assert whole.endpoints == {PAY: Counted(12.0, 3.0)}
    assert whole.values[NEW] == Counted(3.0, 3.0)
    assert whole.users == traffic().users


def test_merging_leaves_the_other_as_it_was() -> None:
    other = traffic()
    merged(other, other)
    assert other == traffic()


def test_traffic_merges_in_any_order_even_where_values_find_no_room() -> None:
    random = Random("values")
    revisions = [f"cart-{number:05}" for number in range(3 * MOST_VALUES)]
    parts = [
        merged(with_revisions(*random.sample(revisions, MOST_VALUES + 20)), traffic())
        for _ in range(4)
    ]
    wholes = [merged(*order) for order in permutations(parts)]
    pairs = merged(merged(parts[0], parts[3]), merged(parts[1], parts[2]))
    assert all(whole == pairs for whole in wholes)
    assert len(pairs.values) == MOST_VALUES + 1


def test_the_newest_revisions_are_kept_and_no_request_is_lost() -> None:
    revisions = [f"cart-{number:05}" for number in range(MOST_VALUES + 5)]
    whole = merged(with_revisions(*revisions))
    assert whole.values.pop(("cart", "revision", OTHER)) == Counted(5.0)
    assert [value for _, _, value in sorted(whole.values)] == revisions[5:]


def test_each_field_of_each_service_has_its_own_room() -> None:
    whole = merged(
        Traffic(
            values={
                (service, name, f"{number:03}"): Counted(1.0)
                for service in ("cart", "stock")
                for name in ("revision", "zone")
                for number in range(MOST_VALUES)
            }
        )
    )
    assert len(whole.values) == 4 * MOST_VALUES


def test_decay_halves_requests_and_drops_users() -> None:
    assert traffic().decayed(0.5) == Traffic(
        endpoints={PAY: Counted(4.0, 1.0)}, values={OLD: Counted(3.0), NEW: Counted(1.0, 1.0)}
    )


def test_what_has_faded_away_is_dropped() -> None:
    assert traffic().decayed(0.001) == Traffic()


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(Traffic(), id="nothing"),
        pytest.param(traffic(), id="whole numbers"),
        pytest.param(traffic(7.25, 0.125), id="faded numbers"),
        pytest.param(merged(with_revisions("é", "", "1")), id="odd texts"),
    ],
)
def test_traffic_comes_back_from_bytes(kept: Traffic) -> None:
    assert Traffic.from_bytes(kept.to_bytes()) == kept


def test_equal_traffic_gives_equal_bytes() -> None:
    one, other = with_revisions("a"), with_revisions("b")
    assert merged(one, other, traffic()).to_bytes() == merged(traffic(), other, one).to_bytes()


def test_the_least_busy_services_and_endpoints_find_no_room() -> None:
    crowd = Traffic(
        endpoints={
            (f"service-{service}", f"GET /{number}"): Counted(1.0 + service + number)
            for service in range(MOST_SERVICES + 10)
            for number in range(MOST_ENDPOINTS // MOST_SERVICES + 1)
        },
        values={("service-0", "zone", "a"): Counted(1.0), ("service-99", "zone", "a"): Counted()},
        users={"service-0": users("a"), "service-99": users("b")},
    )
    kept = Traffic.from_bytes(crowd.to_bytes())
    assert len(kept.endpoints) == MOST_ENDPOINTS
    assert ("service-209", "GET /0") in kept.endpoints
    assert list(kept.values) == [("service-99", "zone", "a")]
    assert list(kept.users) == ["service-99"]


def test_two_hundred_services_with_many_users_fit_into_a_document() -> None:
    crowd = Traffic()
    for service in range(MOST_SERVICES):
        name = f"service-{service}"
        for number in range(MOST_ENDPOINTS // MOST_SERVICES):
            crowd.endpoints[name, f"GET /api/resource-{number}/{{id}}"] = Counted(number + 9.0)
        for number in range(4):
            crowd.values[name, "revision", f"{name}-{number:05}-xuz"] = Counted(number + 5.0)
        everyone = [f"{service * 1000 + number:06x}" for number in range(1000)]
        crowd.users[name], crowd.failed_users[name] = users(*everyone), users(*everyone[:300])
        crowd.samples[name, "user"] = UserSample(
            random_requests(name), random_requests(f"{name} well")
        )
    packed = crowd.to_bytes()
    assert len(packed) < 600_000
    assert len(Traffic.from_bytes(packed).samples) == MOST_SAMPLES


def random_requests(seed: str) -> list[tuple[str, str]]:
    random = Random(seed)
    return sorted(
        [(random.randbytes(4).hex(), random.randbytes(3).hex()) for _ in range(MOST_SAMPLED)]
    )


def test_where_samples_find_no_room_those_with_most_failures_are_kept() -> None:
    crowd = Traffic(
        endpoints={(f"service-{n:03}", "GET /"): Counted(9.0) for n in range(MOST_SAMPLES + 9)},
        samples={
            (f"service-{n:03}", "user"): UserSample(random_requests(f"{n}")[:n], [])
            for n in range(MOST_SAMPLES + 9)
        },
    )
    kept = Traffic.from_bytes(crowd.to_bytes()).samples
    assert list(kept.items()) == list(crowd.samples.items())[9:]


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no zlib", id="not compressed"),
        pytest.param(traffic().to_bytes()[:-4], id="cut off"),
        pytest.param(zlib.compress(b"{"), id="not JSON"),
        *[
            pytest.param(zlib.compress(json.dumps(plain).encode()), id=name)
            for name, plain in {
                "no list": 7,
                "too short": [[]],
                "unknown text": [[], [[0, 1, 2, 3]], [], [], [], []],
                "count of text": [["a"], [[0, 0, "x", 1]], [], [], [], []],
                "step of text": [["a"], [], [], [[0, "x"]], [], []],
                "half a request": [["a"], [], [], [], [], [[0, 0, ["0a"], []]]],
                "number missing": [["a"], [[0, 0, 1]], [], [], [], []],
            }.items()
        ],
    ],
)
def test_damaged_traffic_is_a_permanent_error(packed: bytes) -> None:
    with pytest.raises(PermanentError, match="traffic is damaged"):
        Traffic.from_bytes(packed)
