"""One tenant with one alert, as the API tests look at it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api_installation import NOW, Installation
from tests.builders import NOON, alert, anomaly, incident
from vigil.model.anomaly import Evidence
from vigil.model.explanation import Explanation

Json = dict[str, Any]


@pytest.fixture
def here() -> Iterator[Installation]:
    with Installation() as installation:
        store = installation.store()
        struck = anomaly(
            anomaly_id="v1-acme",
            incident_id="v1-acme",
            analysis="The database of the payment service refuses connections.",
            metrics={"error_rate": 0.95},
            evidence=(Evidence("refused <*>", "refused 7", 38, NOON, NOON),),
            recommended_actions=("Look at the database",),
        )
        torn = incident(
            incident_id="v1-acme",
            alert_id="v1-acme",
            anomaly_ids=("v1-acme", "v1-expired"),
            anomaly_count=2,
            trace_id="abc-123-def",
            correlated_failures=("shop-gateway POST /checkout",),
            explanation=Explanation(
                "v1-f", "heuristic", "It fails.", "No database", 0.8, ("v1-acme",), ("Look",), NOW
            ),
        )
        told = alert(
            alert_id="v1-acme",
            incident_id="v1-acme",
            anomaly=struck,
            notification_channels=("slack",),
        )
        installation.database.commit(
            [
                store.anomalies.put("v1-acme", struck),
                store.incidents.put("v1-acme", torn),
                store.alerts.put("v1-acme", told),
            ]
        )
        yield installation
