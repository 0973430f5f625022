"""Cloud Monitoring's body: numbers as texts, documentation of two kinds, states in any case."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.builders import NOON
from tests.received_payloads import cloud_monitoring
from vigil.errors import InvalidRequest
from vigil.model.received_alert import ReceivedAlert, ReceivedStatus
from vigil.model.severity import Severity
from vigil.receiving.cloud_monitoring import parse_cloud_monitoring, scoping_project
from vigil.receiving.received import Received


def parsed(**changes: object) -> Received:
    return parse_cloud_monitoring(cloud_monitoring(**changes), tenant_id="acme", now=NOON)


def one(**changes: object) -> ReceivedAlert:
    [alert] = parsed(**changes).alerts
    return alert


def test_an_open_incident_is_read_whole() -> None:
    alert = one()
    assert (alert.status, alert.severity) == (ReceivedStatus.FIRING, Severity.CRITICAL)
    assert (alert.name, alert.service) == ("Slow requests", "cart")
    assert (alert.starts_at, alert.ends_at) == (NOON, None)
    assert alert.summary == "Request latency of cart is above 2 s"
    assert alert.description == "Look at the database first."
    assert alert.generator_url == (
        "https://console.example/monitoring/alerting/incidents/0.n4g3xq7k1c2d?project=shop"
    )
    assert alert.labels == {
        "condition": "Latency above 2 s",
        "incident_id": "0.n4g3xq7k1c2d",
        "location": "europe-west1",
        "metric_type": "run.googleapis.com/request_latencies",
        "policy": "Slow requests",
        "project_id": "shop",
        "resource_type": "cloud_run_revision",
        "response_code_class": "2xx",
        "service_name": "cart",
    }
    assert alert.annotations["observed_value"] == "3.125"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("open", ReceivedStatus.FIRING),
        ("OPEN", ReceivedStatus.FIRING),
        ("closed", ReceivedStatus.RESOLVED),
        ("CLOSED", ReceivedStatus.RESOLVED),
    ],
)
def test_a_state_is_understood_in_any_case(state: str, status: ReceivedStatus) -> None:
    assert one(state=state).status is status


@pytest.mark.parametrize("started_at", [1768910400, "1768910400", 1768910400.0], ids=repr)
def test_instants_may_be_texts(started_at: object) -> None:
    alert = one(started_at=started_at, ended_at=str(started_at), state="closed")
    assert alert.starts_at == alert.ends_at == datetime(2026, 1, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"severity": "Critical"}, Severity.CRITICAL),
        ({"severity": "ERROR"}, Severity.HIGH),
        ({"severity": "Warning"}, Severity.MEDIUM),
        ({"severity": "No severity"}, Severity.HIGH),
        ({"severity": None, "policy_user_labels": {"severity": "info"}}, Severity.LOW),
        ({"severity": "No severity", "policy_user_labels": {"severity": "p1"}}, Severity.CRITICAL),
        ({"severity": None, "policy_user_labels": None}, Severity.HIGH),
    ],
    ids=repr,
)
def test_the_severity_falls_back_to_the_policys_label(
    fields: dict[str, Any], severity: Severity
) -> None:
    assert one(**fields).severity is severity


@pytest.mark.parametrize(
    ("documentation", "description"),
    [
        ({"content": "Look here."}, "Look here."),
        ({"content": "", "subject": "Slow"}, "Slow"),
        ("Test documentation", "Test documentation"),
        (None, ""),
        ([], ""),
        ({}, ""),
    ],
    ids=repr,
)
def test_documentation_is_an_object_or_a_text(documentation: object, description: str) -> None:
    assert one(documentation=documentation).description == description


@pytest.mark.parametrize(
    ("observed", "threshold", "summary"),
    [
        ("3.125", "2", "observed 3.125, threshold 2"),
        (3, 2.5, "observed 3, threshold 2.5"),
        ("metric is absent", "2", ""),
        (None, None, ""),
    ],
    ids=repr,
)
def test_without_a_summary_the_measured_values_are_told(
    observed: object, threshold: object, summary: str
) -> None:
    assert one(summary="", observed_value=observed, threshold_value=threshold).summary == summary


@pytest.mark.parametrize(
    ("fields", "service"),
    [
        pytest.param({"policy_user_labels": {"service": "shop-cart"}}, "shop-cart", id="by people"),
        pytest.param({}, "cart", id="by the resource's labels"),
        pytest.param({"resource": None}, "cart", id="by the name that is shown"),
        pytest.param(
            {"resource": {}, "resource_display_name": "", "resource_name": ""},
            "Cloud Run Revision",
            id="by its type",
        ),
    ],
)
def test_the_service_follows_from_what_is_known_of_the_resource(
    fields: dict[str, Any], service: str
) -> None:
    assert one(**fields).service == service


def test_two_incidents_of_one_policy_are_two_alerts_of_one_group() -> None:
    first, second = parsed(), parsed(incident_id="0.other")
    assert first.group_key == second.group_key
    assert first.alerts[0].fingerprint != second.alerts[0].fingerprint


def test_one_policy_is_another_group_for_another_service() -> None:
    other = parsed(resource={"type": "cloud_run_revision", "labels": {"service_name": "mail"}})
    assert other.group_key != parsed().group_key


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param({"incident_id": None}, "incident_id", id="no id"),
        pytest.param({"state": "unknown"}, "state", id="an unknown state"),
        pytest.param({"started_at": None}, "started_at", id="no start"),
    ],
)
def test_an_incident_that_cannot_be_used_is_left_out_with_its_reason(
    fields: dict[str, Any], problem: str
) -> None:
    received = parsed(**fields)
    assert received.alerts == ()
    assert problem in received.problems[0]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(cloud_monitoring(incident_id="0.000000000000"), id="an id of zeros"),
        pytest.param(cloud_monitoring(test=True), id="an incident that says so"),
        pytest.param(cloud_monitoring() | {"test": True}, id="a body that says so"),
    ],
)
def test_a_test_notification_has_no_alert(body: dict[str, object]) -> None:
    received = parse_cloud_monitoring(body, tenant_id="acme", now=NOON)
    assert received.is_test
    assert (received.alerts, received.problems) == ((), ())


@pytest.mark.parametrize("incident", [None, [], "x"], ids=repr)
def test_a_body_without_an_incident_is_refused(incident: object) -> None:
    with pytest.raises(InvalidRequest, match="no incident"):
        parse_cloud_monitoring({"version": "1.2", "incident": incident}, tenant_id="a", now=NOON)


def test_an_unknown_version_is_read_with_a_warning() -> None:
    body = cloud_monitoring() | {"version": "2.0"}
    received = parse_cloud_monitoring(body, tenant_id="acme", now=NOON)
    assert len(received.alerts) == 1
    assert "2.0" not in received.warnings[0]


def test_the_project_is_where_the_incident_says() -> None:
    assert scoping_project(cloud_monitoring()) == "shop"
    assert scoping_project({"incident": None}) == ""
