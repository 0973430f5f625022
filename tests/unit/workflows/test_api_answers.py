"""What the routes answer, beside the samples that the clients of the seeds know."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.api_installation import NOW, Installation
from tests.builders import NOON, alert, anomaly, incident
from vigil.model.alert import AlertStatus
from vigil.model.anomaly import Evidence
from vigil.model.explanation import Explanation
from vigil.model.incident import IncidentStatus
from vigil.model.notification import Notification, NotificationStatus, Transition
from vigil.model.outcome import Outcomes
from vigil.model.severity import Severity
from vigil.stores.usage import count

Json = dict[str, Any]

ANOMALY: Json = {
    "anomaly_id": "anomaly-uuid",
    "anomaly_type": "error_spike",
    "severity": "high",
    "service": "api-backend",
    "description": "High error rate detected: 25.0% (50/200 logs)",
    "gemini_analysis": "Detailed AI analysis...",
    "evidence_count": 10,
    "metrics": {"error_rate": 0.25},
    "detected_at": "2024-01-15T12:00:00Z",
    "confidence_score": 0.85,
    "recommended_actions": ["Investigate recent deployments", "Check database connectivity"],
}
ALERT: Json = {
    "alert_id": "alert-uuid",
    "anomaly": ANOMALY,
    "notification_channels": ["email", "slack"],
    "created_at": "2024-01-15T12:00:00Z",
    "acknowledged_at": None,
    "resolved_at": None,
    "duration_seconds": 1800,
    "is_active": True,
    "escalated": False,
}
INCIDENT: Json = {
    "id": "INC-1737404800-1",
    "severity": "high",
    "title": "Multiple anomalies detected",
    "root_cause": {
        "endpoint": "payment",
        "issue": "Latency spike: 1250ms (baseline: 180ms)",
        # The quick reference has this in place of the issue.
        "description": "Latency spike: 1250ms (baseline: 180ms, 6.9x slower)",
        "confidence": 1.0,
    },
    "affected_endpoints": ["payment", "checkout"],
    "first_detected": "2026-01-20T10:30:15",
    "trace_correlation": {
        "trace_id": "abc-123-def",
        "correlated_failures": ["payment_latency", "checkout_timeout"],
    },
}
METRICS: Json = {
    "logs_processed": 1000,
    "batches_created": 10,
    "anomalies_detected": 5,
    "alerts_generated": 2,
    "gemini_api_calls": 8,
    "active_streams": 1,
    "active_anomalies": 3,
    "active_alerts": 2,
    "pending_batches": 0,
    "processing_batches": 1,
}


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


def is_shaped(answer: object, sample: object) -> bool:
    """Whether every key of `sample`, at any depth, is in `answer` with a value of its type."""
    if isinstance(sample, dict):
        return isinstance(answer, dict) and all(
            key in answer and is_shaped(answer[key], value) for key, value in sample.items()
        )
    if isinstance(sample, list):
        return isinstance(answer, list) and bool(answer) and is_shaped(answer[0], sample[0])
    return type(answer) is type(sample)


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("/alerts", {"status": "success", "active_alerts": 2, "alerts": [ALERT]}),
        ("/alerts/v1-acme", {"status": "success", "alert": ALERT, "incident": INCIDENT}),
        ("/anomalies", {"status": "success", "total_anomalies": 5, "anomalies": [ANOMALY]}),
        ("/incidents", {"active_incidents": [INCIDENT]}),
        ("/aiops/incidents", {"active_incidents": [INCIDENT]}),
        ("/aiops/incidents/v1-acme", {"incident": INCIDENT, "anomalies": [ANOMALY]}),
        (
            "/metrics",
            {"status": "success", "metrics": METRICS, "timestamp": "2024-01-15T12:00:00Z"},
        ),
    ],
)
def test_answers_have_what_the_clients_of_the_samples_read(
    here: Installation, path: str, sample: Json
) -> None:
    assert is_shaped(here.ask("GET", path).json(), sample)


def test_the_agents_shapes_are_met_key_by_key_and_in_order(here: Installation) -> None:
    alerts = here.ask("GET", "/alerts").json()
    anomalies = here.ask("GET", "/anomalies").json()
    metrics = here.ask("GET", "/metrics").json()
    assert list(alerts) == ["status", "active_alerts", "alerts"]
    assert list(anomalies) == ["status", "total_anomalies", "anomalies"]
    assert list(metrics) == ["status", "metrics", "outcomes", "timestamp"]
    assert list(anomalies["anomalies"][0]) == list(ANOMALY)
    assert list(alerts["alerts"][0])[: len(ALERT)] == list(ALERT)
    assert list(alerts["alerts"][0]["anomaly"]) == list(ANOMALY)
    assert list(metrics["metrics"]) == list(METRICS)


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


def test_a_whole_alert_tells_its_story(here: Installation) -> None:
    store = here.store()
    told = Notification(
        key="v1-k",
        tenant_id="acme",
        alert_id="v1-acme",
        channel_id="slack",
        transition=Transition.OPENED,
        status=NotificationStatus.SENT,
        created_at=NOON,
        due_at=NOON,
        attempts=1,
        sent_at=NOON + timedelta(seconds=1),
    )
    elsewhere = replace(told, key="v1-other", alert_id="v1-other")
    here.database.commit([store.notifications.put(each.key, each) for each in (told, elsewhere)])
    headers = {"X-API-Key": here.key(name="acme-key-name"), "X-User-ID": "alice"}
    here.ask("POST", "/alerts/v1-acme/acknowledge", headers=headers)
    here.now += timedelta(minutes=1)
    here.ask("POST", "/alerts/v1-acme/resolve?resolution_note=Rolled%20back", headers=headers)
    answer = here.ask("GET", "/alerts/v1-acme").json()
    by = "acme-key-name:alice"
    assert answer["history"] == [
        {
            "revision": 2,
            "status": "acknowledged",
            "changed_at": "2026-01-20T12:31:00Z",
            "by": by,
            "note": "",
        },
        {
            "revision": 3,
            "status": "resolved",
            "changed_at": "2026-01-20T12:32:00Z",
            "by": by,
            "note": "Rolled back",
        },
    ]
    assert answer["notifications"] == [
        {
            "key": "v1-k",
            "channel_id": "slack",
            "transition": "opened",
            "status": "sent",
            "attempts": 1,
            "created_at": "2026-01-20T12:00:00Z",
            "sent_at": "2026-01-20T12:00:01Z",
            "reason": None,
        }
    ]
    assert answer["incident"]["status"] == "resolved"
    assert answer["alert"]["url"] == "https://vigil.example/alerts/v1-acme"


def test_an_alert_is_shown_after_its_incident_has_been_forgotten(here: Installation) -> None:
    here.database.commit([here.store().incidents.delete("v1-acme")])
    answer = here.ask("GET", "/alerts/v1-acme").json()
    assert answer["alert"]["alert_id"] == "v1-acme"
    assert answer["incident"] is None


def test_an_incident_is_shown_with_the_anomalies_that_are_kept(here: Installation) -> None:
    answer = here.ask("GET", "/incidents/v1-acme").json()
    assert answer["incident"]["anomaly_ids"] == ["v1-acme", "v1-expired"]
    assert [each["anomaly_id"] for each in answer["anomalies"]] == ["v1-acme"]


def test_acknowledging_again_keeps_the_first(here: Installation) -> None:
    first = here.ask("POST", "/alerts/v1-acme/acknowledge").json()
    here.now += timedelta(minutes=1)
    headers = {"X-API-Key": here.key(name="other")}
    again = here.ask("POST", "/alerts/v1-acme/acknowledge", headers=headers).json()
    assert again["alert"] | {"duration_seconds": 0} == first["alert"] | {"duration_seconds": 0}
    assert first["alert"]["acknowledged_by"] == "ci"


def test_a_resolved_alert_cannot_be_acknowledged_any_more(here: Installation) -> None:
    here.ask("POST", "/alerts/v1-acme/resolve")
    answer = here.ask("POST", "/alerts/v1-acme/acknowledge")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "conflict"


def test_resolving_again_keeps_the_first_note(here: Installation) -> None:
    first = here.ask("POST", "/alerts/v1-acme/resolve?resolution_note=Restarted").json()
    again = here.ask("POST", "/alerts/v1-acme/resolve?resolution_note=No,%20I%20did").json()
    assert again == first
    assert first["alert"]["resolution_note"] == "Restarted"
    assert first["alert"]["is_active"] is False


def test_d25_a_note_is_kept_redacted(here: Installation) -> None:
    note = "asked%20jo@example.com%20to%20rotate%20password=hunter2"
    answer = here.ask("POST", f"/alerts/v1-acme/resolve?resolution_note={note}").json()
    assert answer["alert"]["resolution_note"] == "asked [EMAIL] to rotate password=[SECRET]"


@pytest.mark.parametrize("prefix", ["", "/aiops"])
def test_resolving_an_incident_resolves_its_alert(here: Installation, prefix: str) -> None:
    path = f"{prefix}/incidents/v1-acme/resolve?resolution_note=Rolled%20back"
    answer = here.ask("POST", path).json()
    assert answer["incident"]["status"] == "resolved"
    assert answer["incident"]["resolved_at"] == "2026-01-20T12:31:00Z"
    told = here.ask("GET", "/alerts/v1-acme").json()["alert"]
    assert (told["status"], told["resolution_note"]) == ("resolved", "Rolled back")
    assert here.ask("POST", path).json() == answer


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"alert_id": None}, "woke nobody", id="no alert"),
        pytest.param(
            {"status": IncidentStatus.MERGED, "merged_into": "v1-first"}, "v1-first", id="merged"
        ),
    ],
)
def test_an_incident_without_an_alert_of_its_own_cannot_be_resolved_by_hand(
    here: Installation, changes: dict[str, object], said: str
) -> None:
    store = here.store()
    kept = incident(**{"incident_id": "v1-acme", "alert_id": "v1-acme", **changes})
    here.database.commit([store.incidents.put("v1-acme", kept)])
    answer = here.ask("POST", "/aiops/incidents/v1-acme/resolve")
    assert answer.status_code == 409
    assert said in answer.json()["error"]["message"]


def test_metrics_are_the_tenants_own_and_add_up(here: Installation) -> None:
    store = here.store()
    waiting = anomaly(anomaly_id="v1-waiting")
    done = Outcomes(received=12, processed=9, duplicate=2, dead_lettered=1, late=1)
    other = Outcomes(received=1000, processed=1000)
    here.database.commit(
        [
            count(store.root, "a", NOW, done, batches=3, anomalies=2, gemini_api_calls=8),
            count(store.root, "b", NOW, Outcomes(received=1, processed=1), batches=1, alerts=1),
            count(here.store("globex").root, "a", NOW, other, batches=7),
            store.anomalies.put("v1-waiting", waiting),
        ]
    )
    answer = here.ask("GET", "/metrics").json()
    assert answer["metrics"] == {
        "logs_processed": 10,
        "batches_created": 4,
        "anomalies_detected": 2,
        "alerts_generated": 1,
        "gemini_api_calls": 8,
        "active_streams": 1,
        # Two in the open incident, one that waits for its incident.
        "active_anomalies": 3,
        "active_alerts": 1,
        "pending_batches": 2,
        "processing_batches": 1,
    }
    assert answer["outcomes"] == {
        "received": 13,
        "processed": 10,
        "duplicate": 2,
        "filtered": 0,
        "rate_limited": 0,
        "invalid": 0,
        "dead_lettered": 1,
        "late": 1,
        "balanced": True,
    }
    assert answer["timestamp"] == "2026-01-20T12:31:00Z"


def test_health_needs_no_key(here: Installation) -> None:
    answer = here.ask("GET", "/health", headers={})
    assert answer.status_code == 200
    assert answer.json() == {"status": "healthy", "checks": {"documents": "ok"}}
