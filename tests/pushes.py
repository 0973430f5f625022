"""Bodies of pushes, in every form in which they come."""

import base64
import json
from collections.abc import Mapping

from vigil.ports import Message

SENT_AT = "2026-01-20T12:00:00Z"


def pushed(
    data: bytes, attributes: Mapping[str, str] | None = None, message_id: str = "7"
) -> bytes:
    """Return the body of Pub/Sub's own push of a message."""
    message = {
        "data": base64.b64encode(data).decode(),
        "attributes": dict(attributes or {}),
        "messageId": message_id,
        "publishTime": SENT_AT,
    }
    return json.dumps({"subscription": "projects/p/subscriptions/s", "message": message}).encode()


def push_of(message: Message) -> bytes:
    """Return the body of the push of a message that was published."""
    return pushed(message.data, message.attributes)


def snake_case(data: bytes) -> bytes:
    """Return the body of a push in the other spelling."""
    encoded = base64.b64encode(data).decode()
    message = {"data": encoded, "message_id": "7", "publish_time": SENT_AT}
    return json.dumps({"message": message}).encode()


def cloud_event(data: bytes) -> bytes:
    """Return a structured CloudEvent of a message."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": "7",
            "time": SENT_AT,
            "type": "google.cloud.pubsub.topic.v1.messagePublished",
            "source": "//pubsub.googleapis.com/projects/p/topics/t",
            "data": json.loads(pushed(data)),
        }
    ).encode()
