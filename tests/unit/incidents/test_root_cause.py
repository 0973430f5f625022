"""One anomaly is blamed, and it is said why."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, anomaly
from vigil.incidents.dependency_graph import DependencyGraph
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.root_cause import find_root_cause
from vigil.model.anomaly import Anomaly, Evidence
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


FRONT = Series("front", "POST /checkout")


def waited_for(service: str, seconds: int, **changes: object) -> Anomaly:
    """Return an anomaly of a service for which `front` waits longer, although it is as fast."""
    return anomaly(
        anomaly_id=service,
        service=service,
        started_at=NOON + timedelta(seconds=seconds),
        **{
            "endpoint": "GET /",
            "callers": (FRONT,),
            "metrics": {"wait_ms": 900.0, "usual_wait_ms": 9.0},
        }
        | changes,
    )


def slow_front(seconds: int) -> Anomaly:
    return anomaly(
        anomaly_id="front",
        service=FRONT.service,
        endpoint=FRONT.endpoint,
        started_at=NOON + timedelta(seconds=seconds),
    )


def test_a_caller_that_waits_for_several_fast_callees_is_the_cause_itself() -> None:
    cause = find_root_cause([slow_front(9), waited_for("bank", 3), waited_for("cart", 5)])
    assert (cause.service, cause.anomaly_id) == ("front", "front")
    assert cause.reason.endswith("waits for GET / and GET /, which are as fast as usual")
    assert 0 < cause.confidence < 1


@pytest.mark.parametrize(
    "callees",
    [
        pytest.param([waited_for("bank", 3)], id="one callee"),
        pytest.param([waited_for("bank", 3), waited_for("cart", 5, callers=())], id="others wait"),
        pytest.param(
            [waited_for("bank", 3), waited_for("cart", 5, metrics={"p95_ms": 900.0})],
            id="one is slow itself",
        ),
    ],
)
def test_otherwise_who_is_waited_for_is_the_cause(callees: list[Anomaly]) -> None:
    assert find_root_cause([slow_front(9), *callees]).service == "bank"


def silent(service: str, endpoint: str = "POST /pay", **changes: object) -> Anomaly:
    """Return an anomaly of a service that `front` calls and that gets no requests any more."""
    metrics = {"usual_requests": 50.0, "missed_windows": 2.0}
    return waited_for(service, 0, endpoint=endpoint, metrics=metrics, **changes)


def failing(series: Series, text: str, *, seconds: int = 3) -> Anomaly:
    """Return an anomaly of a series that logs `text` while it fails."""
    at = NOON + timedelta(seconds=seconds)
    return anomaly(
        anomaly_id=series.service,
        service=series.service,
        endpoint=series.endpoint,
        started_at=at,
        callers=() if series == FRONT else (FRONT,),
        evidence=(Evidence(text, text, 50, at, at),),
    )


@pytest.mark.parametrize(
    ("anomalies", "blamed"),
    [
        pytest.param(
            [silent("bank"), failing(FRONT, "checkout of order 7 crashed")],
            "front",
            id="the caller fails by itself",
        ),
        pytest.param(
            [silent("bank"), failing(FRONT, "order 7 failed: pay could not be reached")],
            "bank",
            id="the caller names an endpoint",
        ),
        pytest.param(
            [silent("bank"), failing(FRONT, "order 7 failed: http://bank:8080 is gone")],
            "bank",
            id="the caller names the service",
        ),
        pytest.param([silent("bank"), slow_front(3)], "bank", id="the caller logs nothing"),
        pytest.param([silent("bank")], "bank", id="nothing else strays"),
        pytest.param(
            [silent("bank"), silent(FRONT.service, FRONT.endpoint, callers=())],
            "front",
            id="the caller is called less itself",
        ),
        pytest.param(
            [
                silent("bank"),
                failing(FRONT, "order 7 failed: stock answered 500"),
                failing(Series("stock", "GET /stock"), "no database", seconds=2),
            ],
            "stock",
            id="another callee fails before it",
        ),
    ],
)
def test_silence_is_blamed_where_callers_say_so(anomalies: list[Anomaly], blamed: str) -> None:
    assert find_root_cause(anomalies).service == blamed


def test_it_is_said_whom_a_cause_calls_less() -> None:
    cause = find_root_cause([silent("bank"), failing(FRONT, "checkout of order 7 crashed")])
    assert cause.reason == (
        "POST /checkout (12:00:03) fails by itself and calls POST /pay less therefore"
    )


def test_calls_that_were_learned_before_count_as_well() -> None:
    front, bank = own_log("front", 3, "front"), own_log("bank", 5, "bank")
    calls = KnownCalls({(FRONT, Series("bank", "POST /pay")): 0.9})
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
