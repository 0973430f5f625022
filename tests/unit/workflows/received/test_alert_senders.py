"""Who may send alerts, and how much (FAULTS D11, D28, D33)."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import pytest

from tests.builders import NOON
from tests.contract.set_clock import SetClock
from tests.received_payloads import Sender, alertmanager, raised
from tests.vigil_in_memory import VigilInMemory
from vigil.logs.redaction import redact
from vigil.model.api_key import Role
from vigil.model.received_alert import AlertSource
from vigil.model.tenant import Tenant
from vigil.stores.queries import API_KEYS
from vigil.workflows.access import make_key
from vigil.workflows.receive_alerts import CALLS_PER_SECOND, Answer, ReceiveAlerts

# The third time that one call asks what time it is.
READING = 3
AM = AlertSource.ALERTMANAGER
BODY = alertmanager([raised()])


def code(answer: Answer) -> Any:
    error: Any = answer.body["error"]
    return error["code"]


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


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
    sender = Sender(vigil)
    bearer = {"Authorization": f"Bearer {sender.key}"}
    body = alertmanager([raised(tenant_id="globex")], tenant_id="globex")
    refused = sender.post(AM, body, headers={**bearer, "X-Tenant-ID": "globex"})
    taken = sender.post(AM, body, headers={**bearer, "X-Tenant-ID": "acme"})

    assert (refused.status, taken.status) == (403, 200)
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


def test_d28_calls_that_take_long_to_read_are_few(vigil: VigilInMemory) -> None:
    class Slow(SetClock):
        """A clock by which the reading of a body, in which time is asked for, takes a minute."""

        asked = 0

        def __call__(self) -> datetime:
            self.asked += 1
            if self.asked == READING:
                self.advance(60)
            return self.now

    slow = Slow()
    vigil.workflows = replace(
        vigil.workflows,
        receive_alerts=ReceiveAlerts(
            documents=vigil.documents, registry=vigil.registry, publisher=vigil.bus, clock=slow
        ),
    )
    sender = Sender(vigil)

    def post() -> int:
        slow.asked = 0
        return sender.post(AM, BODY).status

    # A minute's work takes two minutes' tokens; one has passed, and ten seconds' worth were there.
    assert [post(), post()] == [200, 429]
    slow.advance(50)
    assert post() == 429
    slow.advance(1)
    assert post() == 200


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
