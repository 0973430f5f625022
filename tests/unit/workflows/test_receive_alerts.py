"""The door for alerts of others: who may send, what is taken, and what is answered."""

import base64
import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from tests.received_payloads import Sender, alertmanager, cloud_monitoring, over, raised
from tests.vigil_in_memory import VigilInMemory
from vigil.logs.redaction import redact
from vigil.model.api_key import Role
from vigil.model.received_alert import AlertSource
from vigil.model.tenant import Project, Tenant
from vigil.stores.queries import API_KEYS
from vigil.workflows.access import make_key
from vigil.workflows.receive_alerts import CALLS_PER_SECOND, MAX_BODY_BYTES, Answer

AM, GCM = AlertSource.ALERTMANAGER, AlertSource.CLOUD_MONITORING
BODY = alertmanager([raised()])


@pytest.fixture
def vigil() -> Iterator[VigilInMemory]:
    with VigilInMemory() as vigil:
        yield vigil


@pytest.fixture
def sender(vigil: VigilInMemory) -> Sender:
    return Sender(vigil)


def code(answer: Answer) -> Any:
    error: Any = answer.body["error"]
    return error["code"]


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


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


def test_d11_a_key_may_come_in_each_of_the_ways_that_senders_have(sender: Sender) -> None:
    ways: list[tuple[Mapping[str, str], Mapping[str, str]]] = [
        ({"Authorization": f"Bearer {sender.key}"}, {}),
        ({"authorization": f"bearer {sender.key}"}, {}),
        ({"X-API-Key": sender.key}, {}),
        (basic("vigil", sender.key), {}),
        (basic("", sender.key), {}),
        ({}, {"auth_token": sender.key}),
        ({"X-API-Key": sender.key}, {"auth_token": sender.key}),
    ]
    statuses = [sender.post(AM, BODY, headers=h, query=q).status for h, q in ways]
    assert statuses == [200] * len(ways)


def test_d11_whoever_has_no_valid_key_learns_nothing_and_sends_nothing(
    vigil: VigilInMemory, sender: Sender
) -> None:
    other = sender.key[:-1] + "y"
    ways: list[tuple[Mapping[str, str], Mapping[str, str]]] = [
        ({}, {}),
        ({"Authorization": f"Bearer {other}"}, {}),
        ({"Authorization": "Bearer"}, {}),
        ({"Authorization": "Basic !!"}, {}),
        ({"Authorization": f"Basic {sender.key}"}, {}),
        (basic(sender.key, ""), {}),
        ({}, {"auth_token": other}),
        ({}, {"token": sender.key}),
        ({"X-API-Key": sender.key}, {"auth_token": other}),
        ({"Authorization": "Bearer vk1.nobody." + "x" * 43}, {}),
    ]
    answers = {orjson.dumps(sender.post(AM, b"", headers=h, query=q).body) for h, q in ways}
    assert len(answers) == 1
    [answer] = answers
    assert b'"not_identified"' in answer
    refused = sender.post(AM, BODY, headers={})
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert vigil.bus.published == []


@pytest.mark.parametrize("role", Role, ids=str)
def test_d32_senders_and_admins_may_send_and_nobody_else(vigil: VigilInMemory, role: Role) -> None:
    answer = Sender(vigil, role).post(AM, BODY)
    assert answer.status == (200 if role in (Role.SENDER, Role.ADMIN) else 403)
    assert len(vigil.bus.published) == (answer.status == 200)


def test_d11_a_key_is_kept_as_a_hash_and_can_be_revoked_while_the_next_serves(
    vigil: VigilInMemory, sender: Sender
) -> None:
    text, kept = make_key("acme", name="next", role=Role.SENDER, now=NOON, secret="n" * 43)
    first = vigil.store.api_keys.query(API_KEYS)[0].value
    assert sender.key not in repr(first)
    vigil.database.commit([vigil.store.api_keys.put(kept.key_hash, kept)])
    both = [sender.post(AM, BODY).status, _with(sender, text)]
    revoked = replace(first, revoked_at=NOON)
    vigil.database.commit([vigil.store.api_keys.put(first.key_hash, revoked)])

    assert both == [200, 200]
    assert [sender.post(AM, BODY).status, _with(sender, text)] == [401, 200]


def _with(sender: Sender, key: str) -> int:
    return sender.post(AM, BODY, headers={"Authorization": f"Bearer {key}"}).status


def test_g3_what_a_tenants_key_sends_is_that_tenants(vigil: VigilInMemory) -> None:
    vigil.registry.create_tenant(Tenant("globex", "Globex", NOON))
    headers = {"X-Tenant-ID": "globex", "Authorization": f"Bearer {Sender(vigil).key}"}
    answer = Sender(vigil).post(AM, alertmanager([raised(tenant_id="globex")]), headers=headers)
    assert answer.status == 200
    assert {m.attributes["tenant_id"] for m in vigil.bus.of_type("alert_received")} == {"acme"}


def test_d28_whoever_sends_too_much_is_told_when_to_come_again(
    vigil: VigilInMemory, sender: Sender
) -> None:
    burst = 10 * CALLS_PER_SECOND
    statuses = {sender.post(AM, BODY).status for _ in range(burst)}
    answer = sender.post(AM, BODY)
    assert statuses == {200}
    assert (answer.status, code(answer)) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "1"
    vigil.clock.advance(1)
    assert [sender.post(AM, BODY).status for _ in range(CALLS_PER_SECOND + 1)] == [
        *[200] * CALLS_PER_SECOND,
        429,
    ]


def test_d28_one_tenants_storm_is_not_the_others(vigil: VigilInMemory, sender: Sender) -> None:
    vigil.registry.create_tenant(Tenant("globex", "Globex", NOON))
    text, kept = make_key("globex", name="a", role=Role.SENDER, now=NOON, secret="g" * 43)
    store = type(vigil.store)(vigil.database, "globex")
    vigil.database.commit([store.api_keys.put(kept.key_hash, kept)])
    for _ in range(10 * CALLS_PER_SECOND + 1):
        sender.post(AM, BODY)
    assert sender.post(AM, BODY).status == 429
    assert _with(sender, text) == 200


def test_d33_a_key_never_stands_in_our_logs_or_answers(
    sender: Sender, caplog: pytest.LogCaptureFixture, vigil: VigilInMemory
) -> None:
    vigil.bus.is_down = True
    answers = [
        sender.post(AM, BODY, headers={}, query={"auth_token": sender.key}),
        sender.post(AM, alertmanager([raised(labels={})]), query={"auth_token": sender.key}),
        sender.post(AM, b"{", headers=basic("a", sender.key)),
    ]
    assert [answer.status for answer in answers] == [503, 400, 400]
    assert sender.key not in caplog.text + repr(answers)
    assert sender.key not in redact(f"POST /receive/alertmanager?auth_token={sender.key}")
    assert sender.key not in redact(f"the key {sender.key} was used")


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
