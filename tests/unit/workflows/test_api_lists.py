"""Lists: what is in them, in which order, and how many."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.api_installation import NOW, Installation
from tests.builders import NOON, alert, anomaly, incident
from vigil.model.alert import AlertStatus
from vigil.model.incident import IncidentStatus
from vigil.model.severity import Severity

Json = dict[str, Any]


@pytest.fixture
def many() -> Iterator[Installation]:
    """Three alerts of each status and three incidents of each, a minute apart."""
    with Installation() as installation:
        store = installation.store()
        writes = [store.alerts.delete("v1-acme"), store.incidents.delete("v1-acme")]
        installation.database.commit(writes)
        for minute, status in enumerate([*AlertStatus] * 3):
            at = NOON + timedelta(minutes=minute)
            installation.keep_alert(
                alert(alert_id=f"a{minute}-{status.value}", status=status, created_at=at)
            )
        for minute, state in enumerate([*IncidentStatus] * 3):
            kept = incident(
                incident_id=f"i{minute}-{state.value}",
                status=state,
                first_detected_at=NOON + timedelta(minutes=minute),
            )
            installation.database.commit([store.incidents.put(kept.incident_id, kept)])
        yield installation


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        pytest.param("", [7, 6, 4, 3, 1, 0], id="active unless asked"),
        pytest.param("?limit=4", [7, 6, 4, 3], id="newest of both statuses"),
        pytest.param("?status=open", [6, 3, 0], id="open"),
        pytest.param("?status=acknowledged", [7, 4, 1], id="acknowledged"),
        pytest.param("?status=resolved&limit=2", [8, 5], id="resolved"),
        pytest.param("?status=all", [8, 7, 6, 5, 4, 3, 2, 1, 0], id="all"),
    ],
)
def test_alerts_are_listed_newest_first(many: Installation, query: str, listed: list[int]) -> None:
    answer = many.ask("GET", f"/alerts{query}").json()
    assert [int(each["alert_id"][1]) for each in answer["alerts"]] == listed
    assert answer["active_alerts"] == sum(each["is_active"] for each in answer["alerts"])


def test_alerts_of_one_instant_are_listed_by_their_ids(many: Installation) -> None:
    for alert_id, status in (("z", AlertStatus.OPEN), ("y", AlertStatus.ACKNOWLEDGED)):
        many.keep_alert(alert(alert_id=alert_id, status=status, created_at=NOW))
    listed = many.ask("GET", "/alerts?limit=2").json()["alerts"]
    assert [each["alert_id"] for each in listed] == ["y", "z"]


@pytest.mark.parametrize("path", ["/incidents", "/aiops/incidents"])
@pytest.mark.parametrize(
    ("query", "listed"),
    [
        pytest.param("", [6, 3, 0], id="open unless asked"),
        pytest.param("?status=resolved", [7, 4, 1], id="resolved"),
        pytest.param("?status=merged&limit=1", [8], id="merged"),
        pytest.param("?status=all&limit=3", [8, 7, 6], id="all"),
    ],
)
def test_incidents_are_listed_newest_first(
    many: Installation, path: str, query: str, listed: list[int]
) -> None:
    answer = many.ask("GET", f"{path}{query}").json()
    assert [int(each["id"][1]) for each in answer["active_incidents"]] == listed


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        pytest.param("", ["shop-high", "shop-low", "cart-high", "cart-low"], id="all"),
        pytest.param("?service=shop", ["shop-high", "shop-low"], id="of a service"),
        pytest.param("?severity=low", ["shop-low", "cart-low"], id="of a severity"),
        pytest.param("?service=cart&severity=high", ["cart-high"], id="of both"),
        pytest.param("?service=nowhere", [], id="of a service that there is not"),
        pytest.param("?limit=1", ["shop-high"], id="one"),
    ],
)
def test_anomalies_are_listed_newest_first(
    here: Installation, query: str, listed: list[str]
) -> None:
    store = here.store()
    here.database.commit([store.anomalies.delete("v1-acme")])
    kinds = [("cart", "low"), ("cart", "high"), ("shop", "low"), ("shop", "high")]
    for minute, (service, severity) in enumerate(kinds):
        found = anomaly(
            anomaly_id=f"{service}-{severity}",
            service=service,
            severity=Severity(severity),
            detected_at=NOON + timedelta(minutes=minute),
        )
        here.database.commit([store.anomalies.put(found.anomaly_id, found)])
    answer = here.ask("GET", f"/anomalies{query}").json()
    assert [each["anomaly_id"] for each in answer["anomalies"]] == listed
    assert answer["total_anomalies"] == len(listed)
