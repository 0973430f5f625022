"""Answers have the shapes of the samples that the clients of the seeds know."""

from typing import Any

import pytest

from tests.api_installation import Installation

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
        ("/streams", {"status": "success", "active_streams": 1, "streams": [{"stream_id": "s"}]}),
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
    assert list(anomalies["anomalies"][0])[: len(ANOMALY)] == list(ANOMALY)
    assert list(alerts["alerts"][0])[: len(ALERT)] == list(ALERT)
    assert list(alerts["alerts"][0]["anomaly"]) == list(ANOMALY)
    assert list(metrics["metrics"])[: len(METRICS)] == list(METRICS)
