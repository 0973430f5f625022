"""An incident in the shape that its clients know."""

import json
from dataclasses import replace
from datetime import timedelta

from tests.builders import NOON, anomaly
from vigil.incidents.analyst import explain
from vigil.incidents.incident_from_anomalies import incident_from_anomalies
from vigil.incidents.incident_json import incident_as_json
from vigil.model.incident import IncidentStatus
from vigil.model.series import Series

PAYMENT = anomaly(trace_ids=("abc-123-def",), callers=(Series("shop", "POST /checkout"),))
MAIL = anomaly(
    anomaly_id="v1-mail",
    service="mail",
    endpoint="",
    started_at=NOON + timedelta(seconds=9),
    trace_ids=("abc-123-def",),
)


def test_an_incident_has_the_keys_that_its_clients_know_first_and_names_no_tenant() -> None:
    shown = incident_as_json(incident_from_anomalies("INC-1768910460-abcdef", [MAIL, PAYMENT]))

    assert list(shown)[:7] == [
        "id",
        "severity",
        "title",
        "root_cause",
        "affected_endpoints",
        "first_detected",
        "trace_correlation",
    ]
    assert "acme" not in json.dumps(shown)


def test_an_incident_shows_its_cause_its_reach_and_its_traces() -> None:
    shown = incident_as_json(incident_from_anomalies("INC-1768910460-abcdef", [MAIL, PAYMENT]))

    assert shown["severity"] == "high"
    assert shown["title"] == "Error spike in POST /payment, 2 endpoints and services affected"
    assert shown["root_cause"] == {
        "endpoint": "POST /payment",
        "service": "shop",
        "issue": "38 of 40 requests failed, usually 0 of 42",
        "description": "38 of 40 requests failed, usually 0 of 42",
        "confidence": 0.75,
        "reason": "POST /payment failed first (12:00:03); no call of it by the others was seen",
    }
    assert shown["affected_endpoints"] == ["POST /payment", "mail"]
    assert shown["first_detected"] == "2026-01-20T12:01:00Z"
    assert shown["trace_correlation"] == {
        "trace_id": "abc-123-def",
        "correlated_failures": ["payment_errors", "mail_errors"],
    }
    assert (shown["status"], shown["resolved_at"], shown["explanation"]) == ("open", None, None)


def test_a_resolved_and_explained_incident_shows_when_and_how() -> None:
    incident = incident_from_anomalies("INC-1768910460-abcdef", [PAYMENT])
    shown = incident_as_json(
        replace(
            incident,
            status=IncidentStatus.RESOLVED,
            resolved_at=NOON + timedelta(minutes=16, microseconds=500_000),
            explanation=explain(incident, [PAYMENT], now=NOON),
        )
    )

    assert (shown["status"], shown["resolved_at"]) == ("resolved", "2026-01-20T12:16:00.500000Z")
    assert isinstance(shown["explanation"], dict)
    assert shown["explanation"]["author"] == "heuristic"
    assert shown["explanation"]["evidence_ids"] == ["v1-anomaly"]
    assert json.loads(json.dumps(shown)) == shown
