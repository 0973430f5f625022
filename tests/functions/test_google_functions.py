"""Each function starts in an environment of its own requirements, and does what it is there for."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest

from tests.builders import anomaly, incident, raw_entry
from tests.google_functions import NAMES, Bundles, Running
from tests.google_project import GoogleProject
from tests.planned_deployment import Planned
from tests.pushes import cloud_event, pushed, snake_case
from tests.received_payloads import alertmanager, raised
from tests.tokens import claims, unsigned
from vigil.doors.clock import utc_now
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.api_key import Role
from vigil.model.event import EventType
from vigil.model.outcome import Outcomes

Proof = Callable[[Running, GoogleProject], None]


def entry(number: int = 1) -> dict[str, object]:
    """Return an entry of the shop that has just been logged."""
    now = utc_now().isoformat()
    return raw_entry(insertId=f"e{number}", timestamp=now, receiveTimestamp=now)


def batch(*numbers: int, batch_id: str = "v1-batch", tenant_id: str = "acme") -> bytes:
    """Return a batch of such entries as batch_logs publishes it."""
    return batch_of([entry(number) for number in numbers], batch_id, tenant_id)


def batch_of(raw: Sequence[dict[str, object]], batch_id: str, tenant_id: str = "acme") -> bytes:
    """Return a batch of these entries."""
    now = utc_now()
    entries = tuple(LogEntry.parse(each, received_at=now) for each in raw)
    return LogBatch(batch_id, tenant_id, now, entries, Outcomes()).to_bytes()


def it_batches(function: Running, google: GoogleProject) -> None:
    forms = (pushed, snake_case, cloud_event)
    bodies = [form(json.dumps(entry(n)).encode()) for n, form in enumerate(forms)]
    answers = [function.ask("POST", "/", body).status for body in [*bodies, b"poison"]]

    assert answers == [204] * 4
    assert sum(len(each.entries) for each in google.batches()) == 3
    assert google.outcomes_of_nobody() == Outcomes(received=1, invalid=1)
    assert {line["severity"] for line in function.lines()} == {"WARNING"}
    dead = pushed(b"", message_id="9")
    assert [function.ask("POST", "/dead-letters", dead).status for _ in range(2)] == [204] * 2
    assert google.outcomes_of_nobody() == Outcomes(received=2, invalid=1, dead_lettered=1)


def it_detects(function: Running, google: GoogleProject) -> None:
    answers = [
        function.ask("POST", "/", pushed(batch(1, 2))).status,
        function.ask("POST", "/", pushed(b"poison")).status,
        function.ask("POST", "/", pushed(batch(5, tenant_id="nobody"))).status,
        function.ask("POST", "/", pushed(b"", {"event_type": "tick"})).status,
        function.ask("POST", "/dead-letters", pushed(batch(3, batch_id="v1-given-up"))).status,
    ]

    assert answers == [204] * 5
    assert google.outcomes() == Outcomes(received=3, processed=2, dead_lettered=1)
    assert [line["message"] for line in function.lines() if line["severity"] == "ERROR"] == [
        "a message that no retry will help was set aside",
        "a batch that was given up is nobody's",
    ] * 2


def it_manages(function: Running, google: GoogleProject) -> None:
    told = {"event_type": EventType.ANOMALY_DETECTED, "tenant_id": "acme"}
    answers = [
        function.ask("POST", "/", pushed(b"{}", told)).status,
        function.ask("POST", "/", pushed(b"", {"event_type": "tick"})).status,
        function.ask("POST", "/", pushed(b"{}", {"event_type": "of another agent"})).status,
        function.ask("POST", "/", pushed(b"{}", {**told, "tenant_id": "nobody"})).status,
    ]

    assert answers == [204] * 4


def it_explains(function: Running, google: GoogleProject) -> None:
    google.documents.commit(
        [
            google.store.incidents.put(incident().incident_id, incident()),
            google.store.anomalies.put(anomaly().anomaly_id, anomaly()),
        ]
    )
    asked = {"event_type": EventType.ANALYSIS_REQUESTED, "tenant_id": "acme"}
    body = json.dumps({"incident": {"id": incident().incident_id}}).encode()

    assert function.ask("POST", "/", pushed(body, asked)).status == 204
    [event] = google.events()
    assert event.attributes["event_type"] == EventType.ANALYSIS_COMPLETED


def it_receives(function: Running, google: GoogleProject) -> None:
    key = {"Authorization": f"Bearer {google.key(Role.SENDER)}"}
    body = json.dumps(alertmanager([raised()])).encode()

    assert function.ask("POST", "/receive/alertmanager", body).status == 401
    assert function.ask("POST", "/other", body, key).status == 404
    # Nobody may push by hand, and as deployed, only who shows a token of Google's.
    assert function.ask("POST", "/pushed/cloud-monitoring", pushed(b"{}")).status in (401, 404)
    assert google.events() == []
    assert function.ask("POST", "/receive/alertmanager", body, key).status == 200
    assert {event.attributes["event_type"] for event in google.events()} == {
        EventType.ALERT_RECEIVED
    }


def it_cleans_up(function: Running, google: GoogleProject) -> None:
    old = anomaly(detected_at=utc_now() - timedelta(days=8))
    google.documents.commit([google.store.anomalies.put(old.anomaly_id, old)])
    answers = [json.loads(function.ask("POST", "/", b"").body) for _ in range(2)]

    assert answers == [{"deleted": 1, "is_done": True}, {"deleted": 0, "is_done": True}]


def it_answers(function: Running, google: GoogleProject) -> None:
    key = {"Authorization": f"Bearer {google.key(Role.VIEWER)}"}

    assert function.ask("GET", "/alerts").status == 401
    assert json.loads(function.ask("GET", "/alerts", headers=key).body)["alerts"] == []
    assert function.ask("POST", "/alerts/x/acknowledge", b"", key).status == 403
    missing = function.ask("GET", "/other", headers=key)
    assert (missing.status, json.loads(missing.body)["error"]["code"]) == (404, "not_found")


PROOFS: dict[str, Proof] = {
    "analyze_incidents": it_explains,
    "api": it_answers,
    "batch_logs": it_batches,
    "cleanup": it_cleans_up,
    "detect_anomalies": it_detects,
    "manage_alerts": it_manages,
    "receive_alerts": it_receives,
}


def token_of(settings: Mapping[str, str]) -> str:
    """Return the token of a push as Cloud Run hands it on: checked, and its signature removed."""
    account = settings["VIGIL_PUSH_ACCOUNTS"].split(",")[-1]
    said = claims(utc_now(), aud=settings["VIGIL_PUSH_AUDIENCE"], email=account)
    return f"Bearer {unsigned(said)}"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_function_works_as_it_is_deployed(
    name: str,
    bundles: Bundles,
    google: GoogleProject,
    planned: Mapping[str, Planned] | None,
) -> None:
    settings = {**planned[name].environment, **google.emulated} if planned else google.settings
    with bundles.running(name, settings) as function:
        if settings.get("VIGIL_PUSH_IDENTITY") == "iam":
            assert function.ask("POST", "/", pushed(b"{}")).status == 401
            function.headers["Authorization"] = token_of(settings)
        assert function.ask("GET", "/health").status == 200
        PROOFS[name](function, google)
        function.terminate()

    assert function.process.returncode == 0
    assert all("message" in line for line in function.lines())


@pytest.mark.slow
def test_a_function_that_lacks_settings_says_so_in_one_line_and_ends(bundles: Bundles) -> None:
    bundles.make("cleanup")
    function = bundles.start("cleanup", {})

    assert function.process.wait(30) == 1
    [line] = function.lines()
    assert line["severity"] == "ERROR"
    for name in ("VIGIL_PROJECT", "VIGIL_PUSH_AUDIENCE", "VIGIL_PUSH_ACCOUNTS"):
        assert name in str(line["reason"])
