"""The door for alerts of others: what is taken, and what is answered."""

import gzip
import zlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from tests.received_payloads import Sender, alertmanager, cloud_monitoring, over, raised
from tests.vigil_in_memory import VigilInMemory
from vigil.model.received_alert import AlertSource
from vigil.model.tenant import Project, Tenant
from vigil.workflows.receive_alerts import MAX_BODY_BYTES, Answer

AM, GCM = AlertSource.ALERTMANAGER, AlertSource.CLOUD_MONITORING
BODY = alertmanager([raised()])


def code(answer: Answer) -> Any:
    error: Any = answer.body["error"]
    return error["code"]


def test_what_is_answered_has_been_published(vigil: VigilInMemory, sender: Sender) -> None:
    answer = sender.post(AM, alertmanager([raised(), over(raised(instance="b"))]))

    assert answer == Answer(
        200,
        {
            "status": "success",
            "received": 2,
            "accepted": 2,
            "rejected": 0,
            "truncated": 0,
            "problems": [],
            "warnings": [],
        },
    )
    [message] = vigil.bus.of_type("alert_received")
    told = orjson.loads(message.data)["alert"]
    assert [alert["status"] for alert in told["alerts"]] == ["firing", "resolved"]


def test_a_repeat_is_the_same_event(vigil: VigilInMemory, sender: Sender) -> None:
    sender.post(AM, BODY)
    vigil.clock.advance(4 * 3600)
    sender.post(AM, BODY)
    first, second = vigil.bus.of_type("alert_received")
    assert first.attributes["ce-id"] == second.attributes["ce-id"]


def test_what_cannot_be_published_is_not_taken(vigil: VigilInMemory, sender: Sender) -> None:
    vigil.bus.is_down = True
    answer = sender.post(AM, BODY)
    assert (answer.status, code(answer)) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_a21_what_can_be_used_is_taken_and_the_rest_is_told(
    vigil: VigilInMemory, sender: Sender
) -> None:
    answer = sender.post(
        AM, alertmanager([raised(), raised(startsAt="soon"), 7], version="9", truncatedAlerts=4)
    )
    assert answer.status == 200
    assert (answer.body["received"], answer.body["accepted"]) == (3, 1)
    assert (answer.body["rejected"], answer.body["truncated"]) == (2, 4)
    assert answer.body["problems"] == [
        "alerts[1]: startsAt is no usable time",
        "alerts[2]: not an object",
    ]
    assert len(vigil.bus.of_type("alert_received")) == 1


@pytest.mark.parametrize("number", [1e300, "1e300", 2**64 - 1])
@pytest.mark.parametrize("alerts", [[], [raised()]], ids=["no alert", "one alert"])
def test_a06_a_number_that_no_message_can_carry_holds_no_alert_up(
    vigil: VigilInMemory, sender: Sender, alerts: list[object], number: object
) -> None:
    answer = sender.post(AM, alertmanager(alerts, truncatedAlerts=number))

    assert answer.status == 200
    assert orjson.loads(orjson.dumps(answer.body))["truncated"] == 2**63 - 1
    assert len(vigil.bus.of_type("alert_received")) == len(alerts)


def test_a_body_of_which_nothing_can_be_used_is_refused(
    vigil: VigilInMemory, sender: Sender
) -> None:
    answer = sender.post(AM, alertmanager([raised(labels={})]))
    assert (answer.status, code(answer)) == (400, "invalid_request")
    assert vigil.bus.published == []


def test_a_test_notification_is_answered_and_opens_nothing(
    vigil: VigilInMemory, sender: Sender
) -> None:
    answer = sender.post(GCM, cloud_monitoring(incident_id="0.000000000000"))
    assert answer.status == 200
    assert answer.body["test"] is True
    assert vigil.bus.published == []


@pytest.mark.parametrize("source", AlertSource, ids=str)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"firing", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{}", id="nothing in it"),
        pytest.param(b'{"a":' * 200_000, id="a depth bomb"),
        pytest.param(b"\x1f\x8b\x00", id="damaged gzip"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
    ],
)
def test_d36_what_cannot_be_read_is_a_400_in_the_one_shape(
    sender: Sender, source: AlertSource, body: bytes
) -> None:
    answer = sender.post(source, body)
    assert answer.status == 400
    assert answer.body.keys() == {"status", "error"}
    assert code(answer) == "invalid_request"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b" " * (MAX_BODY_BYTES + 1), id="as it is"),
        pytest.param(gzip.compress(b" " * (MAX_BODY_BYTES + 1), 1), id="unpacked"),
        pytest.param(zlib.compress(b"{" * 200_000_000, 1, 31), id="a bomb"),
    ],
)
def test_d27_what_is_too_large_or_would_be_is_not_unpacked(sender: Sender, body: bytes) -> None:
    answer = sender.post(AM, body)
    assert (answer.status, code(answer)) == (413, "body_too_large")


def test_d27_a_packed_body_is_taken(sender: Sender) -> None:
    headers = {"Authorization": f"Bearer {sender.key}", "Content-Encoding": "gzip"}
    answer = sender.post(AM, gzip.compress(orjson.dumps(BODY)), headers=headers)
    assert answer.body["accepted"] == 1


def test_d27_what_is_packed_in_another_way_is_refused(sender: Sender) -> None:
    headers = {"Authorization": f"Bearer {sender.key}", "content-encoding": "br"}
    answer = sender.post(AM, BODY, headers=headers)
    assert (answer.status, code(answer)) == (400, "invalid_request")


def test_d36_what_nobody_foresaw_is_a_bare_500(
    vigil: VigilInMemory, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(dict[str, str]):
        def get(self, key: str, default: object = None) -> Any:
            raise RuntimeError("tenant globex has the key hunter2")

    answer = sender.post(AM, BODY, query=Broken({"a": "b"}))
    assert (answer.status, code(answer)) == (500, "internal_error")
    assert "hunter2" not in repr(answer)
    assert "received alerts could not be taken" in caplog.text


@given(st.binary(max_size=200))
def test_whatever_bytes_come_the_answer_is_a_refusal(body: bytes) -> None:
    with VigilInMemory() as vigil:
        sender = Sender(vigil)
        for source in AlertSource:
            assert sender.post(source, body).status == 400
        assert vigil.workflows.receive_alerts.take_incident(body).status == 400


def test_what_cloud_monitoring_publishes_is_the_tenants_to_whom_the_project_was_given(
    vigil: VigilInMemory,
) -> None:
    take = vigil.workflows.receive_alerts.take_incident
    assert take(orjson.dumps(cloud_monitoring())).body["accepted"] == 1
    [message] = vigil.bus.of_type("alert_received")
    assert message.attributes["tenant_id"] == "acme"


def test_a14_what_belongs_to_nobody_is_refused_whatever_it_says(vigil: VigilInMemory) -> None:
    take = vigil.workflows.receive_alerts.take_incident
    for project in ("stranger", "", None, 7, "../acme"):
        body = cloud_monitoring(scoping_project_id=project, policy_user_labels={"tenant": "acme"})
        answer = take(orjson.dumps(body))
        assert (answer.status, code(answer)) == (400, "invalid_request")
    assert vigil.bus.published == []


def test_what_cannot_be_published_comes_again(vigil: VigilInMemory) -> None:
    vigil.registry.create_tenant(Tenant("globex", "Globex", NOON))
    vigil.registry.give_project(Project("globex-prod", "globex", NOON))
    vigil.bus.is_down = True
    body = orjson.dumps(cloud_monitoring(scoping_project_id="globex-prod"))
    assert vigil.workflows.receive_alerts.take_incident(body).status == 503
