"""A Pub/Sub message as it is pushed to a function (FAULTS A06)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vigil.errors import InvalidLogEntry
from vigil.logs.fields import Fields, first_text, object_at, whole_of
from vigil.logs.json_text import read_object
from vigil.logs.timestamp import parse_timestamp

# Pub/Sub's largest message in base64, and the envelope around it.
PUSH_LIMIT_BYTES = 14_000_000
_ID_FIELDS = ("messageId", "message_id")
_ID_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class PushMessage:
    """One delivery of one message; `delivery_attempt` is known only with a dead-letter policy."""

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    published_at: datetime | None
    delivery_attempt: int | None

    @classmethod
    def parse(cls, body: bytes, headers: Mapping[str, str] | None = None) -> "PushMessage":
        """Return the message in the body of a push: Pub/Sub's own, or a CloudEvent of it.

        A CloudEvent may be structured (all in the body) or binary (its attributes in `ce-*`
        headers, whose id and time stand in where the message names none). Base64 is read strictly;
        a message without data has b"". Raises InvalidLogEntry for anything else.

        >>> PushMessage.parse(b'{"message": {"data": "aGk=", "messageId": "7"}}').data
        b'hi'
        """
        envelope = _envelope_of(read_object(body, size_limit=PUSH_LIMIT_BYTES))
        message = envelope.get("message")
        if not isinstance(message, dict):
            raise InvalidLogEntry("not a Pub/Sub message")
        named = message.get("publishTime") or message.get("publish_time")
        return cls(
            data=decode_base64(message.get("data")),
            attributes=_attributes_of(message),
            message_id=first_text(message, _ID_FIELDS, _ID_LIMIT) or _header(headers, "ce-id"),
            published_at=parse_timestamp(named or _header(headers, "ce-time")),
            delivery_attempt=whole_of(envelope.get("deliveryAttempt")),
        )


def decode_base64(text: object) -> bytes:
    """Return what `text` encodes, b"" for None; raise InvalidLogEntry for what is not base64.

    >>> decode_base64("aGk="), decode_base64(None)
    (b'hi', b'')
    """
    if text is None:
        return b""
    if not isinstance(text, str):
        raise InvalidLogEntry("not base64")
    try:
        # Without `validate` foreign characters would be skipped and another message be read.
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidLogEntry("not base64") from None


def _header(headers: Mapping[str, str] | None, wanted: str) -> str:
    """Return the header of a name, which is `wanted` in whatever case; "" if there is none."""
    found = (value for name, value in (headers or {}).items() if name.lower() == wanted)
    return next(found, "")


def _envelope_of(body: Fields) -> Fields:
    if "message" in body:
        return body
    if "data_base64" in body:
        return read_object(decode_base64(body["data_base64"]), size_limit=PUSH_LIMIT_BYTES)
    return object_at(body, "data")


def _attributes_of(message: Fields) -> dict[str, str]:
    attributes = message.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise InvalidLogEntry("attributes are no object")
    if not all(isinstance(value, str) for value in attributes.values()):
        raise InvalidLogEntry("attributes are not text")
    return attributes
