"""The benchmark of correlation counts what its page says it counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.benchmarks.correlation import Result, fault_of, judged
from tests.benchmarks.incidents import Fault
from tests.builders import NOON, anomaly, incident
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.suspect import Suspect

MINUTE = timedelta(minutes=1)
CART, BANK = (
    Fault(name, service, "", NOON + begins * MINUTE, NOON + (begins + 4) * MINUTE)
    for name, service, begins in (("f-cart", "cart", 0), ("f-bank", "bank", 10))
)


def strayed(minute: int, incident_id: str, number: int = 0) -> Anomaly:
    return anomaly(
        anomaly_id=f"v1-{minute}-{incident_id}-{number}",
        window_started_at=NOON + minute * MINUTE,
        incident_id=incident_id,
    )


def found(incident_id: str, blamed: str, suspect: str = "", **changes: object) -> Incident:
    cause = replace(incident().root_cause, service=blamed)
    suspects = (Suspect(suspect, "", 0.9), Suspect("web", "", 0.1)) if suspect else ()
    return incident(incident_id=incident_id, root_cause=cause, suspects=suspects, **changes)


@pytest.mark.parametrize(
    ("minute", "fault"),
    [
        pytest.param(-1, None, id="a window that ends when it is injected"),
        pytest.param(0, CART, id="the first window"),
        pytest.param(3, CART, id="the last window"),
        pytest.param(4, None, id="a window that begins when it is over"),
        pytest.param(13, BANK, id="the other"),
    ],
)
def test_an_anomaly_is_of_the_fault_in_whose_time_its_window_lies(
    minute: int, fault: Fault | None
) -> None:
    assert fault_of(strayed(minute, "a"), [CART, BANK]) == fault


def test_of_two_faults_at_once_it_is_of_the_later_one() -> None:
    later = replace(BANK, injected_at=NOON + MINUTE, ends_at=NOON + 3 * MINUTE)
    assert fault_of(strayed(2, "a"), [later, CART]) == later


@pytest.mark.parametrize(
    ("anomalies", "incidents", "result"),
    [
        pytest.param(
            [strayed(0, "a"), strayed(1, "a"), strayed(10, "b")],
            [found("a", "cart", "cart"), found("b", "web", "bank")],
            Result(2, 2, 2, 2, 3, 3, 2, 1, 2),
            id="an incident for each, of which one blames another service",
        ),
        pytest.param(
            [strayed(0, "a"), strayed(1, "b"), strayed(2, "b")],
            [found("a", "cart"), found("b", "bank")],
            Result(1, 2, 2, 2, 3, 3, 1, 1, 0),
            id="a fault in two incidents, of which the first counts",
        ),
        pytest.param(
            [strayed(0, "a"), strayed(1, "a"), strayed(10, "a")],
            [found("a", "cart", "cart")],
            Result(2, 1, 2, 1, 3, 2, 1, 1, 1),
            id="two faults in an incident, which is of the one of most anomalies",
        ),
        pytest.param(
            [strayed(0, "a"), strayed(10, "a")],
            [found("a", "cart")],
            Result(2, 1, 2, 1, 2, 1, 1, 1, 0),
            id="as many of each: it is of the earlier one",
        ),
        pytest.param(
            [strayed(0, "a"), strayed(7, "b")],
            [found("a", "cart"), found("b", "web"), found("c", "x", status=IncidentStatus.MERGED)],
            Result(1, 2, 1, 1, 1, 1, 1, 1, 0),
            id="an incident of no fault, and one that became part of another",
        ),
        pytest.param([], [], Result(0, 0, 0, 0, 0, 0, 0, 0, 0), id="nothing strayed"),
    ],
)
def test_what_incidents_come_to(
    anomalies: list[Anomaly], incidents: list[Incident], result: Result
) -> None:
    assert judged(anomalies, incidents, [BANK, CART]) == result


def test_figures_are_ratios_and_nothing_is_divided_by_nothing() -> None:
    assert Result(2, 3, 4, 2, 8, 6, 2, 1, 0).figures == {
        "incidents a fault": 2.0,
        "faults an incident": 2.0,
        "right": 0.75,
        "root": 0.5,
        "suspect": 0.0,
    }
    assert set(Result(0, 0, 0, 0, 0, 0, 0, 0, 0).figures.values()) == {0.0}
