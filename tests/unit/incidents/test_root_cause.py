"""One anomaly is blamed, and it is said why."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, anomaly
from vigil.incidents.dependency_graph import DependencyGraph
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.root_cause import find_root_cause
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series
from vigil.model.severity import Severity


def series(name: str) -> Series:
    return Series("shop", f"POST /{name}")


def failed(name: str, seconds: int, callers: str = "", **changes: object) -> Anomaly:
    """Return an anomaly of the endpoint `name`; `callers` are endpoints, parted by blanks."""
    return anomaly(
        anomaly_id=f"{name}-{seconds}",
        endpoint=series(name).endpoint,
        started_at=NOON + timedelta(seconds=seconds),
        callers=tuple(series(each) for each in callers.split()),
        description=f"{name} fails",
        **changes,
    )


@pytest.mark.parametrize(
    ("anomalies", "blamed", "confidence", "reason"),
    [
        pytest.param(
            [failed("payment", 3, "checkout")],
            "payment-3",
            1.0,
            "POST /payment alone is affected",
            id="alone",
        ),
        pytest.param(
            [failed("checkout", 5), failed("payment", 3, "checkout")],
            "payment-3",
            1.0,
            "POST /payment failed first (12:00:03) and is called by POST /checkout, "
            "which failed after it",
            id="the callee failed first",
        ),
        pytest.param(
            [failed("checkout", 3), failed("payment", 3, "checkout")],
            "payment-3",
            1.0,
            "POST /payment failed first (12:00:03) and is called by POST /checkout, "
            "which did not fail before it",
            id="both at once",
        ),
        pytest.param(
            [failed("checkout", 3), failed("payment", 5, "checkout")],
            "payment-5",
            0.75,
            "POST /payment (12:00:05) is called by POST /checkout and calls nothing else "
            "that failed",
            id="the callee was noticed later",
        ),
        pytest.param(
            [failed("page", 9), failed("checkout", 5, "page"), failed("payment", 3, "checkout")],
            "payment-3",
            1.0,
            "POST /payment failed first (12:00:03) and is called by POST /checkout, "
            "which failed after it",
            id="through another",
        ),
        pytest.param(
            [failed("cart", 5), failed("search", 3)],
            "search-3",
            0.75,
            "POST /search failed first (12:00:03); no call of it by the others was seen",
            id="no calls seen",
        ),
        pytest.param(
            [failed("page", 1), failed("checkout", 9, "page"), failed("search", 3)],
            "search-3",
            0.5,
            "POST /search (12:00:03) calls nothing else that failed",
            id="equally deep, the earlier",
        ),
        pytest.param(
            [failed("a", 5, "b"), failed("b", 3, "a")],
            "b-3",
            1.0,
            "POST /b failed first (12:00:03) and is called by POST /a, which failed after it",
            id="a cycle",
        ),
        pytest.param(
            [failed("page", 1), failed("a", 5, "b"), failed("b", 3, "a page")],
            "b-3",
            0.83,
            "POST /b (12:00:03) is called by POST /page and POST /a, and failed first of those "
            "that call each other",
            id="a cycle that is called from outside",
        ),
        pytest.param(
            [failed("a", 1, "b"), failed("b", 2, "a"), failed("c", 3, "a d"), failed("d", 4, "c")],
            "c-3",
            0.75,
            "POST /c (12:00:03) is called by POST /a and POST /d, and failed first of those "
            "that call each other",
            id="a cycle that calls a deeper cycle",
        ),
        pytest.param(
            [failed("db", 1, "a b c"), *(failed(name, 2) for name in "abc")],
            "db-1",
            1.0,
            "POST /db failed first (12:00:01) and is called by POST /a, POST /b and 1 other, "
            "which failed after it",
            id="many callers",
        ),
        pytest.param(
            [failed("page", 3), failed("loop", 9, "loop page")],
            "loop-9",
            0.75,
            "POST /loop (12:00:09) is called by POST /page and calls nothing else that failed",
            id="who calls itself calls nobody else",
        ),
        pytest.param(
            [failed("payment", 9), failed("payment", 3)],
            "payment-3",
            1.0,
            "POST /payment alone is affected",
            id="one series, its first anomaly",
        ),
    ],
)
def test_the_earliest_of_the_deepest_is_blamed(
    anomalies: list[Anomaly], blamed: str, confidence: float, reason: str
) -> None:
    cause = find_root_cause(anomalies)

    assert (cause.anomaly_id, cause.confidence, cause.reason) == (blamed, confidence, reason)
    assert cause.issue == f"{blamed.partition('-')[0]} fails"


def own_log(name: str, seconds: int, service: str) -> Anomaly:
    """Return an anomaly of what a service logs outside of its requests."""
    return anomaly(
        anomaly_id=name,
        service=service,
        endpoint="",
        started_at=NOON + timedelta(seconds=seconds),
    )


def test_an_endpoint_is_blamed_rather_than_what_its_service_logs_beside_it() -> None:
    payment = failed("payment", 5, "checkout")
    cause = find_root_cause([own_log("log", 3, "shop"), payment, failed("checkout", 6)])
    assert cause.anomaly_id == payment.anomaly_id
    assert (
        cause.reason
        == "POST /payment (12:00:05) is called by POST /checkout and calls nothing else that failed"
    )


def test_what_a_calling_service_logs_is_not_the_cause_of_what_it_calls() -> None:
    checkout = Series("front", "POST /checkout")
    payment = anomaly(
        anomaly_id="payment",
        service="bank",
        endpoint="POST /payment",
        started_at=NOON + timedelta(seconds=5),
        callers=(checkout,),
    )
    cause = find_root_cause([own_log("log", 3, "front"), payment])
    assert (cause.anomaly_id, cause.confidence) == ("payment", 0.75)
    assert "is called by front" in cause.reason


def test_calls_that_were_learned_before_count_as_well() -> None:
    front, bank = own_log("front", 3, "front"), own_log("bank", 5, "bank")
    calls = KnownCalls({(Series("front", "POST /checkout"), Series("bank", "POST /pay")): 0.9})
    assert find_root_cause([front, bank]).service == "front"
    assert find_root_cause([front, bank], calls).service == "bank"


def test_of_two_that_failed_at_once_the_graver_is_blamed_then_the_smaller_id() -> None:
    mild = failed("a", 3, severity=Severity.MEDIUM)
    grave, other = failed("b", 3), failed("c", 3)

    assert find_root_cause([mild, other, grave]).anomaly_id == "b-3"


@st.composite
def cascades(draw: st.DrawFn) -> list[Anomaly]:
    names = draw(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=9))
    callers = st.sets(st.sampled_from("abcdefgh"), max_size=3).map(" ".join)
    return [
        failed(name, index // 2, draw(callers), severity=draw(st.sampled_from(list(Severity))))
        for index, name in enumerate(names)
    ]


@given(cascades(), st.data())
def test_a02_any_order_of_the_anomalies_blames_the_same_for_the_same_reason(
    anomalies: list[Anomaly], data: st.DataObject
) -> None:
    # The order of callers in the sentence is that of their failures, so it is the same too.
    shuffled = data.draw(st.permutations(anomalies))

    assert find_root_cause(shuffled) == find_root_cause(anomalies)


@given(cascades())
def test_confidence_is_a_share_and_every_series_is_deepest_or_calls_one_that_is(
    anomalies: list[Anomaly],
) -> None:
    graph = DependencyGraph.of(anomalies)

    assert 0 < find_root_cause(anomalies).confidence <= 1
    assert graph.deepest() | graph.upstream_of(graph.deepest()) == {a.series for a in anomalies}
