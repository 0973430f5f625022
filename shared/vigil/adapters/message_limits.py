"""What Pub/Sub takes as a message; the embedded queue takes no more than that.

The limits are those of Pub/Sub's page "Quotas and limits"; the emulator checks only some of them.
"""

from collections.abc import Mapping

from vigil.errors import PermanentError
from vigil.ports import Message

MESSAGE_BYTES = 10_000_000
ATTRIBUTES = 100
KEY_BYTES = 256
VALUE_BYTES = 1024
ORDERING_KEY_BYTES = 1024
# Pub/Sub's own attributes begin so, and nobody else's may.
_RESERVED = "goog"


def check_message(message: Message) -> None:
    """Raise PermanentError for a message that Pub/Sub would not take; it quotes nothing of it."""
    if not message.data and not message.attributes:
        raise PermanentError("a message has data or attributes")
    if len(message.ordering_key.encode()) > ORDERING_KEY_BYTES:
        raise PermanentError(f"an ordering key has at most {ORDERING_KEY_BYTES} bytes")
    if len(message.data) + _checked_bytes(message.attributes) > MESSAGE_BYTES:
        raise PermanentError(f"a message has at most {MESSAGE_BYTES} bytes")


def _checked_bytes(attributes: Mapping[str, str]) -> int:
    """Return how long the attributes are together."""
    if len(attributes) > ATTRIBUTES:
        raise PermanentError(f"a message has at most {ATTRIBUTES} attributes")
    total = 0
    for key, value in attributes.items():
        key_bytes, value_bytes = _length(key), _length(value)
        if not 0 < key_bytes <= KEY_BYTES or key.startswith(_RESERVED):
            raise PermanentError(
                f"the key of an attribute has 1 to {KEY_BYTES} bytes and does not begin with"
                f" {_RESERVED!r}"
            )
        if value_bytes > VALUE_BYTES:
            raise PermanentError(f"the value of an attribute has at most {VALUE_BYTES} bytes")
        total += key_bytes + value_bytes
    return total


def _length(text: object) -> int:
    try:
        return len(str.encode(text))  # type: ignore[arg-type]  # what is no text is refused here
    except (TypeError, UnicodeEncodeError):
        raise PermanentError("the attributes of a message are texts") from None
