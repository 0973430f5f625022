"""A push is read in every form in which Pub/Sub and Eventarc deliver it."""

import base64
from datetime import UTC, datetime

import orjson
import pytest

from vigil.errors import InvalidLogEntry
from vigil.logs.push_message import PushMessage

DATA = base64.b64encode(b"an entry").decode()
CAMEL = {
    "subscription": "projects/p/subscriptions/s",
    "deliveryAttempt": 2,
    "message": {
        "data": DATA,
        "attributes": {"logging.googleapis.com/timestamp": "2026-01-20T12:00:00Z"},
        "messageId": "7",
        "publishTime": "2026-01-20T12:00:00.123Z",
        "orderingKey": "k",
    },
}
EXPECTED = PushMessage(
    data=b"an entry",
    attributes={"logging.googleapis.com/timestamp": "2026-01-20T12:00:00Z"},
    message_id="7",
    published_at=datetime(2026, 1, 20, 12, 0, 0, 123_000, tzinfo=UTC),
    delivery_attempt=2,
)


def snake(message: object) -> object:
    assert isinstance(message, dict)
    renamed = {"messageId": "message_id", "publishTime": "publish_time"}
    return {renamed.get(name, name): value for name, value in message.items()}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(CAMEL, id="camel case"),
        pytest.param(CAMEL | {"message": snake(CAMEL["message"])}, id="snake case"),
        pytest.param(
            {
                "specversion": "1.0",
                "type": "google.cloud.pubsub.topic.v1.messagePublished",
                "id": "7",
                "data": CAMEL,
            },
            id="structured CloudEvent",
        ),
        pytest.param(
            {
                "specversion": "1.0",
                "data_base64": base64.b64encode(orjson.dumps(CAMEL)).decode(),
            },
            id="structured CloudEvent in base64",
        ),
    ],
)
def test_every_form_of_a_push_is_the_same_message(body: object) -> None:
    assert PushMessage.parse(orjson.dumps(body)) == EXPECTED


def test_a_binary_cloud_event_s_headers_stand_in_for_what_the_message_lacks() -> None:
    body = orjson.dumps({"message": {"data": DATA}})
    headers = {"Ce-Id": "7", "ce-time": "2026-01-20T12:00:00Z", "CE-Type": "messagePublished"}
    message = PushMessage.parse(body, headers)
    assert (message.message_id, message.published_at) == (
        "7",
        datetime(2026, 1, 20, 12, tzinfo=UTC),
    )
    assert PushMessage.parse(orjson.dumps(CAMEL), headers) == EXPECTED


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"data": None, "attributes": None}, id="nulls"),
        pytest.param({"data": ""}, id="empty text"),
    ],
)
def test_a_message_without_data_is_empty(message: object) -> None:
    parsed = PushMessage.parse(orjson.dumps({"message": message}))
    assert parsed == PushMessage(b"", {}, "", None, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"data=1", "not JSON", id="not JSON"),
        pytest.param(b"[]", "not an object", id="list"),
        pytest.param(b"{}", "not a Pub/Sub message", id="no message"),
        pytest.param(b'{"message": "x"}', "not a Pub/Sub message", id="message is text"),
        pytest.param(b'{"data": {"x": 1}}', "not a Pub/Sub message", id="another CloudEvent"),
        pytest.param(b'{"data_base64": "!"}', "not base64", id="damaged CloudEvent"),
        pytest.param(b'{"message": {"data": "a*Gk="}}', "not base64", id="foreign characters"),
        pytest.param(b'{"message": {"data": "aGk"}}', "not base64", id="no padding"),
        pytest.param(b'{"message": {"data": "aGk=\\n"}}', "not base64", id="line break"),
        pytest.param('{"message": {"data": "é"}}'.encode(), "not base64", id="not ASCII"),
        pytest.param(b'{"message": {"data": 5}}', "not base64", id="number"),
        pytest.param(
            b'{"message": {"attributes": [1]}}', "attributes are no object", id="attributes list"
        ),
        pytest.param(
            b'{"message": {"attributes": {"a": 1}}}', "attributes are not text", id="attribute"
        ),
    ],
)
def test_a06_anything_else_is_invalid_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidLogEntry) as caught:
        PushMessage.parse(body)
    assert caught.value.reason == reason


def test_a09_the_largest_batch_comes_through_a_push() -> None:
    data = b"x" * 9_900_000
    body = orjson.dumps({"message": {"data": base64.b64encode(data).decode()}})

    assert PushMessage.parse(body).data == data
