"""What every notifier promises, whatever its channel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from tests.builders import alert_message
from tests.http_recorder import HttpRecorder, Reply
from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.slack_notifier import SlackNotifier
from vigil.adapters.terminal_notifier import TerminalNotifier
from vigil.adapters.webhook_notifier import WebhookNotifier
from vigil.errors import NotificationFailed, NotificationRejected
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import Transition
from vigil.ports import Notifier

NOW = datetime(2026, 1, 20, 10, 31, tzinfo=UTC)
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Bench:
    """A notifier, a channel for it, and what its receiver has got so far."""

    notifier: Notifier
    channel: Channel
    received: Callable[[], list[str]]


def slack_bench(recorder: HttpRecorder) -> Bench:
    secrets = EnvironmentSecrets({"ADDRESS": f"{recorder.address}/services/T0/B0/secret"})
    notifier = SlackNotifier(secrets, HttpDelivery(now=lambda: NOW))
    channel = Channel("team", ChannelKind.SLACK, address_ref="env:ADDRESS")
    return Bench(notifier, channel, lambda: bodies(recorder))


def webhook_bench(recorder: HttpRecorder) -> Bench:
    secrets = EnvironmentSecrets({"ADDRESS": f"{recorder.address}/hook", "KEY": KEY})
    notifier = WebhookNotifier(secrets, HttpDelivery(now=lambda: NOW), lambda: NOW)
    channel = Channel(
        "robot", ChannelKind.WEBHOOK, address_ref="env:ADDRESS", signing_key_ref="env:KEY"
    )
    return Bench(notifier, channel, lambda: bodies(recorder))


def terminal_bench(recorder: HttpRecorder) -> Bench:
    written: list[str] = []
    return Bench(
        TerminalNotifier(written.append), Channel("here", ChannelKind.TERMINAL), lambda: written
    )


def bodies(recorder: HttpRecorder) -> list[str]:
    return [request.body.decode() for request in recorder.requests]


BENCHES = MappingProxyType(
    {
        ChannelKind.SLACK: slack_bench,
        ChannelKind.WEBHOOK: webhook_bench,
        ChannelKind.TERMINAL: terminal_bench,
    }
)
OVER_HTTP = (ChannelKind.SLACK, ChannelKind.WEBHOOK)


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Iterator[HttpRecorder]:
    with HttpRecorder(getattr(request, "param", ())) as recorder:
        yield recorder


@pytest.fixture(params=BENCHES, ids=str)
def bench(request: pytest.FixtureRequest, recorder: HttpRecorder) -> Bench:
    return BENCHES[request.param](recorder)


def test_every_kind_of_channel_has_a_notifier_in_this_suite() -> None:
    assert set(BENCHES) == set(ChannelKind)


def test_a_notifier_says_for_which_kind_it_is(bench: Bench) -> None:
    assert bench.notifier.kind is bench.channel.kind


def test_a_message_is_sent_once_and_says_what_woke_you(bench: Bench) -> None:
    message = alert_message()
    bench.notifier.send(message, bench.channel)
    (text,) = bench.received()
    assert message.title in text
    assert message.why in text
    assert message.root_cause in text
    assert message.url in text
    assert message.severity in text.lower()
    assert all(name in text for name in (*message.affected, *message.steps))
    assert any(since in text for since in ("2026-01-20 10:30:15 UTC", "2026-01-20T10:30:15+00:00"))


def test_a_resolution_says_so_and_carries_the_note(bench: Bench) -> None:
    bench.notifier.send(
        alert_message(transition=Transition.RESOLVED, note="Rolled back"), bench.channel
    )
    (text,) = bench.received()
    assert "resolved" in text.lower()
    assert "Rolled back" in text


def test_a08_half_a_character_and_an_empty_text_do_not_stop_a_message(bench: Bench) -> None:
    message = alert_message(title="", why="odd \ud800 end", affected=(), steps=(), root_cause="")
    bench.notifier.send(message, bench.channel)
    assert len(bench.received()) == 1


@pytest.mark.parametrize("recorder", [[Reply(status=503)]], indirect=True, ids=["503"])
@pytest.mark.parametrize("kind", OVER_HTTP, ids=str)
def test_trouble_that_passes_is_a_failure_and_the_next_attempt_the_same_message(
    kind: ChannelKind, recorder: HttpRecorder
) -> None:
    bench = BENCHES[kind](recorder)
    with pytest.raises(NotificationFailed):
        bench.notifier.send(alert_message(), bench.channel)
    bench.notifier.send(alert_message(), bench.channel)
    first, second = bench.received()
    assert first == second


@pytest.mark.parametrize("recorder", [[Reply(status=404)]], indirect=True, ids=["404"])
@pytest.mark.parametrize("kind", OVER_HTTP, ids=str)
def test_b16_trouble_that_stays_is_a_rejection(kind: ChannelKind, recorder: HttpRecorder) -> None:
    bench = BENCHES[kind](recorder)
    with pytest.raises(NotificationRejected, match="404"):
        bench.notifier.send(alert_message(), bench.channel)


@pytest.mark.parametrize("kind", OVER_HTTP, ids=str)
@pytest.mark.parametrize("reference", [None, "", "env:NOT_SET"])
def test_a_channel_without_an_address_is_rejected_with_what_to_set(
    kind: ChannelKind, reference: str | None, recorder: HttpRecorder
) -> None:
    bench = BENCHES[kind](recorder)
    channel = Channel("lost", kind, address_ref=reference, signing_key_ref="env:KEY")
    with pytest.raises(NotificationRejected, match=r"channel lost.*address_ref"):
        bench.notifier.send(alert_message(), channel)
    assert bench.received() == []


def test_a_terminal_that_is_gone_is_a_failure() -> None:
    def closed(text: str) -> None:
        raise BrokenPipeError

    with pytest.raises(NotificationFailed, match="terminal"):
        TerminalNotifier(closed).send(alert_message(), Channel("here", ChannelKind.TERMINAL))
