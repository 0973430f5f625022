"""An incident in the shape that its clients know."""

import json
from dataclasses import replace
from datetime import timedelta

from tests.builders import NOON, anomaly, told_incident
from vigil.incidents.analyst import explain
from vigil.incidents.incident_from_anomalies import incident_from_anomalies
from vigil.incidents.incident_json import incident_as_json
from vigil.model.incident import IncidentStatus
from vigil.model.series import Series
from vigil.model.suspect import Suspect

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
    found = incident_from_anomalies("INC-1768910460-abcdef", [MAIL, PAYMENT])
    suspects = (Suspect("shop", "POST /payment", 0.875),)
    shown = incident_as_json(replace(found, suspects=suspects))

    assert shown["severity"] == "high"
    assert shown["title"] == "Error spike in POST /payment, 2 endpoints and services affected"
    assert shown["root_cause"] == {
        "endpoint": "POST /payment",
        "service": "shop",
        "issue": "38 of 40 requests failed, usually 0 of 42",
        "description": "38 of 40 requests failed, usually 0 of 42",
        "confidence": 0.875,
        "verdict": "likely",
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


def test_an_incident_shows_why_what_and_whom() -> None:
    shown = incident_as_json(told_incident())

    assert shown["reasons"] == [
        {"anomaly_id": "v1-anomaly", "reason": "calls POST /charge in 98% of its requests"}
    ]
    suspects = shown["suspects"]
    assert isinstance(suspects, list)
    assert suspects[0] == {
        "service": "bank",
        "endpoint": "POST /charge",
        "confidence": 0.87,
        "proofs": [
            {"ground": "errors", "text": "36 failing traces end in it", "weight": 2.5},
            {"ground": "change", "text": "its revision is 4 minutes old", "weight": 1.0},
        ],
    }
    assert shown["changes"] == [
        {
            "change_id": "v1-change",
            "kind": "revision",
            "service": "bank",
            "what": "revision bank-00042",
            "at": "2026-01-20T11:56:00Z",
        }
    ]
    assert shown["differences"] == [
        {
            "service": "bank",
            "field": "revision",
            "value": "bank-00042",
            "share": 1.0,
            "usual_share": 0.0,
            "count": 38,
            "total": 38,
            "text": "all 38 failures are of revision bank-00042, usually none",
        }
    ]
    assert shown["impact"] == {
        "requests": 40,
        "failed": 38,
        "users": 17,
        "user_share": 0.31,
        "budget_burned": 0.02,
        "spread": ["bank", "shop"],
    }
    assert shown["steps"] == [
        {
            "kind": "reopened",
            "at": "2026-01-20T12:09:00Z",
            "by": "kim",
            "note": "still failing",
            "incident_id": None,
        }
    ]
    assert json.loads(json.dumps(shown)) == shown
