import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from tests.builders import alert_message
from tests.http_recorder import HttpRecorder
from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.webhook_notifier import WebhookNotifier
from vigil.errors import NotificationRejected
from vigil.model.channel import Channel, ChannelKind

NOW = datetime(2026, 1, 20, 10, 31, 0, 999_999, tzinfo=UTC)
SECRET = bytes(range(32))


def send(recorder: HttpRecorder, key: str, *, key_reference: str | None = "env:KEY") -> None:
    secrets = EnvironmentSecrets({"URL": f"{recorder.address}/hook", "KEY": key})
    notifier = WebhookNotifier(secrets, HttpDelivery(now=lambda: NOW), lambda: NOW)
    notifier.send(alert_message(), Channel("robot", ChannelKind.WEBHOOK, "env:URL", key_reference))


def test_a_receiver_can_verify_what_it_got_with_the_shared_key() -> None:
    with HttpRecorder() as recorder:
        send(recorder, "whsec_" + base64.b64encode(SECRET).decode())
    (request,) = recorder.requests
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == alert_message().key
    assert headers["webhook-timestamp"] == "1768905060"


def test_the_body_has_the_messages_fields_and_nothing_else() -> None:
    with HttpRecorder() as recorder:
        send(recorder, "whsec_" + base64.b64encode(SECRET).decode())
    (request,) = recorder.requests
    assert json.loads(request.body) == {
        "key": "v1-0123456789abcdef",
        "transition": "opened",
        "alert_id": "v1-alert",
        "incident_id": "v1-incident",
        "severity": "critical",
        "title": "POST /payment fails",
        "why": "38 of 40 requests failed, usually 0 of 42",
        "since": "2026-01-20T10:30:15+00:00",
        "root_cause": "shop-payment POST /payment",
        "affected": ["POST /payment", "POST /checkout"],
        "steps": ["Read the payment service's log", "Roll back its last release"],
        "url": "https://vigil.example/alerts/v1-alert",
        "note": None,
    }


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(base64.b64encode(SECRET).decode(), id="without its prefix"),
        pytest.param("whsec_", id="empty"),
        pytest.param("whsec_" + base64.b64encode(b"short").decode(), id="too short"),
        pytest.param("whsec_" + base64.b64encode(b"x" * 65).decode(), id="too long"),
        pytest.param("whsec_not base64 at all, is it?", id="not base64"),
        pytest.param("whsec_clé-secrète-à-nous-et-à-vous", id="not ascii"),
    ],
)
def test_an_unusable_key_is_rejected_with_what_to_do_and_without_the_key(key: str) -> None:
    with HttpRecorder() as recorder:
        with pytest.raises(NotificationRejected, match="use whsec_") as caught:
            send(recorder, key)
        assert recorder.requests == []
    assert len(key) < len("whsec_x") or key not in str(caught.value)


@pytest.mark.parametrize("reference", [None, "env:OTHER"])
def test_a_channel_without_a_key_is_rejected_and_nothing_is_sent_unsigned(
    reference: str | None,
) -> None:
    with HttpRecorder() as recorder:
        with pytest.raises(NotificationRejected, match=r"channel robot.*signing_key_ref"):
            send(recorder, "", key_reference=reference)
        assert recorder.requests == []
