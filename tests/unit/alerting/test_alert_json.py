"""An alert and its anomaly in the shapes that the agent's clients know."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly, incident
from vigil.alerting.alert_json import alert_as_json
from vigil.alerting.lifecycle import acknowledge, open_alert, resolve
from vigil.model.alert import Alert
from vigil.model.anomaly import Evidence
from vigil.model.anomaly_json import anomaly_as_json
from vigil.model.channel import Channel, ChannelKind

SEEN = Evidence("refused <*>", "refused 7", 38, NOON, NOON)
ROOT = anomaly(
    evidence=(SEEN, replace(SEEN, count=4)),
    metrics={"error_rate": 0.95},
    recommended_actions=("Roll back",),
)
OPEN = open_alert(incident(), ROOT, channels=[Channel("terminal", ChannelKind.TERMINAL)])
CREATED_AT = OPEN.created_at
RESOLVED = resolve(OPEN, by="ann", now=CREATED_AT + timedelta(seconds=90.9), note="rolled back")


def test_an_anomaly_has_exactly_the_keys_that_the_agents_clients_know() -> None:
    assert anomaly_as_json(ROOT) == {
        "anomaly_id": "v1-anomaly",
        "anomaly_type": "error_spike",
        "severity": "high",
        "service": "shop",
        "description": "38 of 40 requests failed, usually 0 of 42",
        "gemini_analysis": None,
        "evidence_count": 42,
        "metrics": {"error_rate": 0.95},
        "detected_at": "2026-01-20T12:01:00Z",
        "confidence_score": 0.95,
        "recommended_actions": ["Roll back"],
    }


def test_an_alert_has_the_agents_keys_first() -> None:
    shown = alert_as_json(OPEN, now=CREATED_AT + timedelta(minutes=30))

    assert dict(list(shown.items())[:9]) == {
        "alert_id": OPEN.alert_id,
        "anomaly": anomaly_as_json(ROOT),
        "notification_channels": ["terminal"],
        "created_at": "2026-01-20T12:01:00Z",
        "acknowledged_at": None,
        "resolved_at": None,
        "duration_seconds": 1800,
        "is_active": True,
        "escalated": False,
    }
    assert "acme" not in json.dumps(shown), "it names no tenant"


def test_an_alert_shows_who_did_what() -> None:
    taken = acknowledge(OPEN, by="bob", now=CREATED_AT + timedelta(seconds=30))
    over = resolve(taken, by="ann", now=CREATED_AT + timedelta(seconds=90), note="rolled back")

    shown = alert_as_json(over, now=NOON, url="https://vigil.example/alerts/1")

    assert (shown["acknowledged_by"], shown["acknowledged_at"]) == ("bob", "2026-01-20T12:01:30Z")
    assert (shown["resolved_by"], shown["resolved_at"]) == ("ann", "2026-01-20T12:02:30Z")
    assert (shown["status"], shown["is_active"], shown["revision"]) == ("resolved", False, 3)
    assert shown["resolution_note"] == "rolled back"
    assert shown["url"] == "https://vigil.example/alerts/1"
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.parametrize(
    ("alert", "seconds", "expected"),
    [
        pytest.param(OPEN, 59.9, 59, id="whole seconds"),
        pytest.param(OPEN, -60, 0, id="the writer's clock is ahead"),
        pytest.param(RESOLVED, 9999, 90, id="it ended with the resolution"),
    ],
)
def test_how_long_an_alert_has_stood(alert: Alert, seconds: float, expected: int) -> None:
    shown = alert_as_json(alert, now=CREATED_AT + timedelta(seconds=seconds))

    assert shown["duration_seconds"] == expected
