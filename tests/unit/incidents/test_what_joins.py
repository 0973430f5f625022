"""Which calls count, and what failing traces in common say."""

from collections.abc import Iterable
from datetime import timedelta
from zlib import crc32

import pytest

from tests.builders import NOON, anomaly
from vigil.incidents.edge import Edge
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.joining.strayed import Strayed, by_series, is_by_luck, keep_apart
from vigil.model.series import Series

CHECKOUT, CART = Series("checkout", "POST /checkout"), Series("cart", "GET /cart")


def failing(
    series: Series, numbers: Iterable[int], *, minute: int = 1, rate: float = 0.5
) -> Strayed:
    at = NOON + timedelta(minutes=minute)
    [found] = by_series(
        [
            anomaly(
                service=series.service,
                endpoint=series.endpoint,
                window_started_at=at - timedelta(seconds=60),
                detected_at=at,
                trace_ids=tuple(f"{number:032x}" for number in numbers),
                metrics={"error_rate": rate},
            )
        ]
    ).values()
    return found


def edge(share: float | None = 0.9, confidence: float = 0.9) -> Edge:
    return Edge(CHECKOUT, CART, 40.0, share, 0.5, NOON, NOON, confidence)


@pytest.mark.parametrize(
    ("learned", "counts"),
    [
        pytest.param(edge(), True, id="common and sure"),
        pytest.param(edge(share=None), True, id="sure, the share is not known"),
        pytest.param(edge(share=0.01), False, id="hardly ever made"),
        pytest.param(edge(confidence=0.3), False, id="seen once or long ago"),
    ],
)
def test_a_learned_call_counts_if_it_is_common_and_sure(learned: Edge, counts: bool) -> None:
    assert KnownCalls.learned([learned]).calls(CHECKOUT, CART) is counts


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        pytest.param(failing(CART, range(16)), failing(CHECKOUT, range(16, 32)), True, id="plenty"),
        pytest.param(failing(CART, range(4)), failing(CHECKOUT, range(16, 32)), False, id="few"),
        pytest.param(
            failing(CART, range(16)), failing(CHECKOUT, range(15, 31)), False, id="one in common"
        ),
        pytest.param(
            failing(CART, range(16)),
            failing(CHECKOUT, range(16, 32), minute=2),
            False,
            id="of different windows",
        ),
    ],
)
def test_plenty_of_failing_traces_and_none_in_common_keep_apart(
    one: Strayed, other: Strayed, apart: bool
) -> None:
    assert keep_apart(one, other) is keep_apart(other, one) is apart


def test_samples_of_traces_are_compared_as_far_as_both_reach() -> None:
    by_hash = sorted(range(400), key=lambda number: crc32(f"{number:032x}".encode()))
    smallest, largest = by_hash[:16], by_hash[-16:]
    # All that failed in the one also failed in the other, which was sampled where it has most.
    sampled = failing(CHECKOUT, smallest)

    assert not keep_apart(sampled, failing(CART, largest)), "the sample does not reach so far"


@pytest.mark.parametrize(
    ("rate", "luck"),
    [
        pytest.param(0.95, True, id="most requests fail"),
        pytest.param(0.1, False, id="few requests fail"),
    ],
)
def test_many_traces_in_common_are_luck_where_most_requests_fail(rate: float, luck: bool) -> None:
    one, other = failing(CART, range(9), rate=rate), failing(CHECKOUT, range(9), rate=rate)

    assert is_by_luck(one, other) is luck


def test_a_share_of_lines_says_little_of_requests() -> None:
    beside = failing(Series("cart"), range(9), rate=0.01)

    assert is_by_luck(beside, failing(CHECKOUT, range(3, 12), rate=0.01))
