"""What the routes answer, beside the samples that the clients of the seeds know."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.api_installation import NOW, Installation
from tests.builders import NOON, anomaly, incident
from vigil.model.incident import IncidentStatus
from vigil.model.notification import Notification, NotificationStatus, Transition
from vigil.model.outcome import Outcomes
from vigil.stores.usage import count

Json = dict[str, Any]


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


def test_an_incident_that_woke_nobody_is_resolved_and_reopened_by_hand(here: Installation) -> None:
    kept = incident(incident_id="v1-acme", alert_id=None)
    here.database.commit([here.store().incidents.put("v1-acme", kept)])
    path = "/incidents/v1-acme"
    resolved = here.ask("POST", f"{path}/resolve?resolution_note=Rolled%20back").json()["incident"]
    assert (resolved["status"], resolved["steps"][0]["note"]) == ("resolved", "Rolled back")
    reopened = here.ask("POST", f"{path}/reopen?why=Not%20over").json()["incident"]
    assert reopened["status"] == "open"
    assert [(step["kind"], step["note"]) for step in reopened["steps"]] == [
        ("resolved", "Rolled back"),
        ("reopened", "Not over"),
    ]


@pytest.mark.parametrize("action", ["resolve", "reopen"])
def test_an_incident_that_became_part_of_another_is_changed_there(
    here: Installation, action: str
) -> None:
    merged = incident(incident_id="v1-acme", status=IncidentStatus.MERGED, merged_into="v1-first")
    here.database.commit([here.store().incidents.put("v1-acme", merged)])
    answer = here.ask("POST", f"/aiops/incidents/v1-acme/{action}")
    assert answer.status_code == 409
    assert answer.json()["error"]["message"].endswith(f"part of v1-first; {action} that")


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
        "false_positive_rate": None,
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
