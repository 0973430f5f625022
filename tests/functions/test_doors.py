"""What the doors answer, whoever asks, and what becomes of a message that cannot be handled."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from tests.contract.set_clock import SetClock
from tests.framework import StarletteClient, flask_client
from tests.pushes import cloud_event, pushed, snake_case
from tests.tokens import ACCOUNT, AUDIENCE, claims, unsigned
from vigil.adapters.push_identity import Anybody, PushIdentity, TokenIdentity
from vigil.doors.alert_sources import SOURCES
from vigil.doors.answer import refused
from vigil.doors.deployment import Deployment
from vigil.doors.flask_side import FlaskDoor
from vigil.doors.gate import Gate
from vigil.doors.group_door import GroupDoor
from vigil.doors.head import Head
from vigil.doors.push_door import PushDoor, Route
from vigil.doors.receive_alerts import taking
from vigil.doors.starlette_side import StarletteDoor
from vigil.errors import (
    InvalidSettings,
    PermanentError,
    PreconditionFailed,
    TransientError,
    UndeclaredQuery,
)
from vigil.logs.push_message import PUSH_LIMIT_BYTES, PushMessage
from vigil.workflows.group_commit import GroupCommit

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Recorded:
    """Work that keeps the messages it is given, and fails as it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.done: list[PushMessage] = []
        self.given_up: list[PushMessage] = []

    def work(self, push: PushMessage) -> None:
        if self.error is not None:
            raise self.error
        self.done.append(push)

    def door(self, identity: PushIdentity | None = None) -> PushDoor:
        route = Route(self.work, self.given_up.append)
        return PushDoor(identity or Anybody(), {"/": route}, project="shop-project")


def client_of(
    recorded: Recorded, folder: Path, identity: PushIdentity | None = None
) -> FlaskClient:
    return flask_client(FlaskDoor.of(recorded.door(identity)), folder)


def guarded() -> TokenIdentity:
    return TokenIdentity(audience=AUDIENCE, accounts=(ACCOUNT,), clock=SetClock())


def in_the_one_shape(body: bytes) -> bool:
    parsed = json.loads(body)
    return set(parsed) == {"status", "error"} and set(parsed["error"]) == {"code", "message"}


@pytest.mark.parametrize("form", [pushed, snake_case, cloud_event])
def test_a_push_is_acknowledged_when_its_work_is_done(
    form: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    recorded = Recorded()
    answer = client_of(recorded, tmp_path).post("/", data=form(b"a batch"))

    assert (answer.status_code, answer.data) == (204, b"")
    [push] = recorded.done
    assert (push.data, push.message_id, push.published_at) == (b"a batch", "7", NOON)


def test_a_binary_cloud_event_is_a_push_too(tmp_path: Path) -> None:
    recorded = Recorded()
    body = json.dumps({"message": {"data": "aGk="}})
    headers = {"ce-id": "7", "ce-time": "2026-01-20T12:00:00Z", "ce-specversion": "1.0"}
    answer = client_of(recorded, tmp_path).post("/", data=body, headers=headers)

    assert answer.status_code == 204
    assert recorded.done == [PushMessage(b"hi", {}, "7", NOON, None)]


@given(body=st.binary(max_size=200))
def test_a06_whatever_bytes_come_they_are_acknowledged_once(body: bytes) -> None:
    recorded = Recorded()

    assert recorded.door().take(Head("POST", "/", {}), body).status == 204
    assert recorded.done == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"jane.doe@example.com", "not JSON", id="not JSON"),
        pytest.param(b"[]", "not an object", id="a list"),
        pytest.param(b'{"message": {"data": "%%%"}}', "not base64", id="not base64"),
        pytest.param(b'{"a":' * 5000, "nested too deeply", id="too deep"),
    ],
)
def test_a06_what_is_no_message_is_set_aside_with_its_reason(
    body: bytes, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client_of(Recorded(), tmp_path).post("/", data=body)

    assert answer.status_code == 204
    [record] = caplog.records
    assert record.message == "a push that is no message was set aside"
    assert vars(record)["vigil_fields"]["reason"] == reason


def test_a06_a_message_that_no_retry_will_help_is_accounted_for_and_acknowledged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorded = Recorded(PermanentError("the batch names a tenant that does not exist"))
    answer = client_of(recorded, tmp_path).post("/", data=pushed(b"a batch"))

    assert answer.status_code == 204
    assert [push.data for push in recorded.given_up] == [b"a batch"]
    assert [record.message for record in caplog.records] == [
        "a message that no retry will help was set aside"
    ]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TransientError("jane.doe@example.com"), id="trouble that passes"),
        pytest.param(PreconditionFailed("jane.doe@example.com"), id="a lost race"),
        pytest.param(KeyError("jane.doe@example.com"), id="what nobody foresaw"),
        pytest.param(InvalidSettings("jane.doe@example.com"), id="wrong settings"),
        pytest.param(UndeclaredQuery("jane.doe@example.com"), id="an index that is not there"),
    ],
)
def test_d36_trouble_has_the_message_come_again_and_tells_nothing(
    error: Exception, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorded = Recorded(error)
    client = client_of(recorded, tmp_path)
    answer = client.post(
        "/", data=pushed(b"a batch"), headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    )

    assert (answer.status_code, answer.data) == (500, refused(500).body)
    assert recorded.given_up == []
    [record] = caplog.records
    fields = vars(record)["vigil_fields"]
    assert fields["message_id"] == "7"
    assert fields["trace"] == f"projects/shop-project/traces/{TRACE}"

    recorded.error = None
    assert client.post("/", data=pushed(b"a batch")).status_code == 204
    assert len(recorded.done) == 1


def test_d36_alerts_that_find_no_deployment_are_answered_in_the_one_shape(tmp_path: Path) -> None:
    def deployed() -> Deployment:
        raise TransientError("acme")

    door = FlaskDoor(Gate(Anybody(), SOURCES), taking(deployed))
    answer = flask_client(door, tmp_path).post(next(iter(SOURCES)), data=b"{}")

    assert answer.status_code == 500
    assert in_the_one_shape(answer.data)
    assert b"acme" not in answer.data


def test_a_message_that_could_not_be_accounted_for_comes_again(tmp_path: Path) -> None:
    recorded = Recorded(PermanentError("poison"))

    def fail(push: PushMessage) -> None:
        raise TransientError("the store is away")

    door = PushDoor(Anybody(), {"/": Route(recorded.work, fail)})
    answer = flask_client(FlaskDoor.of(door), tmp_path).post("/", data=pushed(b"a batch"))

    assert answer.status_code == 500


def unused() -> GroupCommit:
    raise AssertionError("what is refused comes nowhere")


def starlette_client(folder: Path, identity: PushIdentity) -> StarletteClient:
    group = GroupDoor(unused, identity)
    return StarletteClient(StarletteDoor(group.gate, group.take), folder)


def sides(folder: Path, identity: PushIdentity) -> Iterator[Callable[..., tuple[int, bytes]]]:
    """Yield what asks a guarded door under each of the framework's servers."""
    flask, starlette = client_of(Recorded(), folder, identity), starlette_client(folder, identity)

    def under_flask(method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        answer = flask.open(path, method=method, data=pushed(b""), headers=headers)
        return answer.status_code, answer.data

    def under_starlette(method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        [answer] = starlette.ask(method, path, pushed(b""), headers=headers)
        return answer.status_code, answer.content

    yield from (under_flask, under_starlette)


GOOD = {"Authorization": f"Bearer {unsigned(claims())}"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        pytest.param("POST", "/", {}, 401, id="nobody"),
        pytest.param("POST", "/", {"Authorization": "Bearer x"}, 403, id="no token"),
        pytest.param(
            "POST", "/", {"Authorization": f"Bearer {unsigned(claims(aud='x'))}"}, 403, id="another"
        ),
        pytest.param(
            "POST", "/", {**GOOD, "X-Serverless-Authorization": "Bearer x"}, 403, id="two tokens"
        ),
        pytest.param(
            "POST",
            "/",
            {
                "X-Goog-Authenticated-User-Email": f"accounts.google.com:{ACCOUNT}",
                "X-Goog-IAP-JWT-Assertion": unsigned(claims()),
                "X-Forwarded-Email": ACCOUNT,
                "X-Forwarded-For": "127.0.0.1",
                "X-Tenant-ID": "acme",
            },
            401,
            id="d03 what other headers say of the caller",
        ),
        pytest.param("PUT", "/", GOOD, 405, id="another method"),
        pytest.param("POST", "/other", GOOD, 404, id="another path"),
        pytest.param("GET", "/other", {}, 404, id="another path, to look at it"),
    ],
)
def test_d06_what_is_not_let_in_is_answered_in_one_shape_and_comes_nowhere(
    method: str, path: str, headers: dict[str, str], status: int, tmp_path: Path
) -> None:
    for ask in sides(tmp_path, guarded()):
        answered, body = ask(method, path, headers)
        assert answered == status
        assert in_the_one_shape(body)


@pytest.mark.parametrize("path", ["/", "/health"])
def test_a_door_says_that_it_is_alive_to_anybody(path: str, tmp_path: Path) -> None:
    for ask in sides(tmp_path, guarded()):
        assert ask("GET", path, {}) == (200, b'{"status":"ok"}')


def test_d05_a_refusal_is_logged_without_the_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = unsigned(claims(email="x@y.example"))
    for ask in sides(tmp_path, guarded()):
        ask("POST", "/", {"Authorization": f"Bearer {token}"})

    assert [vars(r)["vigil_fields"]["reason"] for r in caplog.records] == ["account"] * 2
    assert token not in caplog.text
    assert token not in str([vars(record) for record in caplog.records])


def test_d06_who_may_push_is_let_in(tmp_path: Path) -> None:
    recorded = Recorded()
    client = client_of(recorded, tmp_path, guarded())

    assert client.post("/", data=pushed(b"a batch"), headers=GOOD).status_code == 204
    assert len(recorded.done) == 1


def test_a09_a_body_larger_than_any_push_is_not_read_to_its_end(tmp_path: Path) -> None:
    pieces = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pieces
        while True:
            pieces += 1
            yield b"x" * 1_000_000

    announced = client_of(Recorded(), tmp_path).post("/", data=b"x" * (PUSH_LIMIT_BYTES + 1))
    [streamed] = starlette_client(tmp_path, Anybody()).ask("POST", "/", endless())

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.data == streamed.content
    assert in_the_one_shape(announced.data)
    assert pieces <= PUSH_LIMIT_BYTES // 1_000_000 + 2
