"""Notifications to programs: signed JSON, by https://www.standardwebhooks.com."""

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256

from vigil.adapters.channel_secret import send_with_secrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.errors import NotificationRejected
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import AlertMessage
from vigil.ports import Clock, Secrets

_KEY_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
_KEY_ADVICE = "use whsec_ followed by the base64 of 24 to 64 random bytes"


class WebhookNotifier:
    """Posts an alert as JSON, with the fields of AlertMessage and `since` in ISO 8601.

    The channel's `address_ref` names the secret that holds the URL, its `signing_key_ref` the one
    that holds the key, or several separated by spaces while the receiver changes from one to the
    next. Nothing is sent unsigned: a receiver could not tell it from a forgery.
    `webhook-id` is the message's key, so a receiver drops a second delivery by it.
    """

    kind = ChannelKind.WEBHOOK

    def __init__(self, secrets: Secrets, delivery: HttpDelivery, now: Clock) -> None:
        """Take the parts; `now` dates the signature."""
        self._secrets = secrets
        self._delivery = delivery
        self._now = now

    def send(self, message: AlertMessage, channel: Channel) -> None:
        """Return when the receiver answered 2xx; raise NotificationFailed or
        NotificationRejected."""
        body = webhook_body(message)

        def post(address: str, keys: str) -> None:
            signing_keys = [_key_bytes(key, channel) for key in keys.split()]
            headers = _headers(signing_keys, message.key, self._now(), body)
            self._delivery.post(address, body, headers)

        send_with_secrets(self._secrets, channel, ("address_ref", "signing_key_ref"), post)


def webhook_body(message: AlertMessage) -> bytes:
    """Return the message as compact JSON in UTF-8."""
    text = json.dumps(
        asdict(message), ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat
    )
    # Half of a surrogate pair has no UTF-8 form.
    return text.encode("utf-8", "replace")


def webhook_signature(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` of a body; `timestamp` counts seconds since 1970.

    The vector is the one of the specification's reference implementations.

    >>> webhook_signature(
    ...     base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ...     "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = b"%s.%d.%s" % (webhook_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()


def _headers(keys: Sequence[bytes], webhook_id: str, now: datetime, body: bytes) -> dict[str, str]:
    timestamp = int(now.timestamp())
    signatures = [webhook_signature(key, webhook_id, timestamp, body) for key in keys]
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _key_bytes(key: str, channel: Channel) -> bytes:
    decoded = _decoded(key.removeprefix(_KEY_PREFIX)) if key.startswith(_KEY_PREFIX) else b""
    if len(decoded) not in _KEY_BYTES:
        raise NotificationRejected(
            f"channel {channel.channel_id} has an unusable signing key: {_KEY_ADVICE}"
        )
    return decoded


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
