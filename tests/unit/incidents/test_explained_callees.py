"""A callee that only strays because of its caller is not blamed for it."""

from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly
from vigil.incidents.root_cause import find_root_cause
from vigil.model.anomaly import Anomaly, Evidence
from vigil.model.series import Series

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
