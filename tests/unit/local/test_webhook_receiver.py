"""Our own webhooks are taken once, from ourselves alone."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from tests.builders import NOON, alert_message
from tests.contract.set_clock import SetClock
from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.webhook_notifier import WebhookNotifier, webhook_signature
from vigil.errors import NotificationFailed, NotificationRejected
from vigil.local.webhook_receiver import Verifier, WebhookReceiver
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import AlertMessage

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = Channel("hook", ChannelKind.WEBHOOK, "env:URL", "env:KEY")


@dataclass
class Taking:
    """A receiver at work, and what it has taken."""

    clock: SetClock = field(default_factory=SetClock)
    taken: list[AlertMessage] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    address: str = ""

    def take(self, message: AlertMessage) -> None:
        if self.trouble:
            raise self.trouble.pop()
        self.taken.append(message)

    def send(self, message: AlertMessage, key: str = KEY) -> None:
        secrets = EnvironmentSecrets({"URL": self.address, "KEY": key})
        notifier = WebhookNotifier(secrets, HttpDelivery(now=self.clock), lambda: NOON)
        notifier.send(message, HOOK)


@pytest.fixture
def taking() -> Iterator[Taking]:
    found = Taking()
    with WebhookReceiver(Verifier(KEY, found.clock), found.take) as receiver:
        found.address = receiver.address
        yield found


def test_what_was_sent_is_what_is_taken(taking: Taking) -> None:
    message = alert_message(note="rolled back")
    taking.send(message)

    assert taking.taken == [message]


def test_c07_a_second_telling_with_the_same_key_is_taken_once(taking: Taking) -> None:
    taking.send(alert_message())
    taking.send(alert_message())
    taking.send(alert_message(key="v1-another"))

    assert [message.key for message in taking.taken] == [alert_message().key, "v1-another"]


def test_what_somebody_else_signed_is_refused(taking: Taking) -> None:
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    with pytest.raises(NotificationRejected):
        taking.send(alert_message(), other)

    assert taking.taken == []


@pytest.mark.parametrize("minutes", [-6, 6], ids=["a copy of old", "of the future"])
def test_what_was_signed_at_another_time_is_refused(taking: Taking, minutes: int) -> None:
    taking.clock.now = NOON + timedelta(minutes=minutes)
    with pytest.raises(NotificationRejected):
        taking.send(alert_message())

    assert taking.taken == []


def test_what_could_not_be_taken_is_taken_the_next_time(taking: Taking) -> None:
    taking.trouble = [OSError("the terminal is gone")]
    with pytest.raises(NotificationFailed):
        taking.send(alert_message())
    taking.send(alert_message())

    assert taking.taken == [alert_message()]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(b"{}", {}, 401, id="no signature"),
        pytest.param(b"{}", {"webhook-timestamp": "soon"}, 401, id="no time"),
        pytest.param(b"not JSON", None, 400, id="no message"),
        pytest.param(b"{}", None, 400, id="fields missing"),
        pytest.param(b"[]", None, 400, id="no object"),
    ],
)
def test_what_is_no_webhook_of_ours_is_refused(
    taking: Taking, body: bytes, headers: dict[str, str] | None, status: int
) -> None:
    answer = httpx.post(
        taking.address,
        content=body,
        headers=signed(body) if headers is None else {"webhook-id": "1", **headers},
        trust_env=False,
    )

    assert (answer.status_code, taking.taken) == (status, [])


def signed(body: bytes) -> dict[str, str]:
    at = int(NOON.timestamp())
    key = base64.b64decode(KEY.removeprefix("whsec_"))
    return {
        "webhook-id": "1",
        "webhook-timestamp": str(at),
        "webhook-signature": webhook_signature(key, "1", at, body),
    }
