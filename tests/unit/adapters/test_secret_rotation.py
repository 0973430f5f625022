"""B20: a secret changes while Vigil runs; no notification is lost and nothing is deployed."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest

from tests.builders import alert_message
from tests.contract.set_clock import SetClock
from tests.http_recorder import HttpRecorder, Reply
from tests.servers.secret_server import PATIENCE, SecretServer
from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.secret_manager_secrets import SecretManagerSecrets
from vigil.adapters.secrets_by_place import SecretsByPlace
from vigil.adapters.slack_notifier import SlackNotifier
from vigil.adapters.webhook_notifier import WebhookNotifier
from vigil.errors import InvalidSettings, NotificationFailed, NotificationRejected
from vigil.model.channel import Channel, ChannelKind
from vigil.ports import Notifier

ADDRESS, KEY = "projects/acme-prod/secrets/address", "projects/acme-prod/secrets/key"
OLD_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW_KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
REFUSALS = (401, 403, 404, 410)


@dataclass(frozen=True)
class Bench:
    """A notifier with its channel; it has sent once, so that its secrets are kept."""

    notifier: Notifier
    channel: Channel
    server: SecretServer
    receiver: HttpRecorder

    def send(self) -> None:
        self.notifier.send(alert_message(), self.channel)


@pytest.fixture(params=[ChannelKind.SLACK, ChannelKind.WEBHOOK], ids=str)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with SecretServer() as server, HttpRecorder() as receiver:
        server.put(ADDRESS, f"{receiver.address}/old")
        server.put(KEY, OLD_KEY)
        clock = SetClock()
        google = SecretManagerSecrets(clock=clock, client=server.client, patience=PATIENCE)
        environment = EnvironmentSecrets({})
        secrets = SecretsByPlace({"secret": google, "env": environment, "file": environment})
        delivery = HttpDelivery(now=clock)
        notifiers: dict[ChannelKind, Notifier] = {
            ChannelKind.SLACK: SlackNotifier(secrets, delivery),
            ChannelKind.WEBHOOK: WebhookNotifier(secrets, delivery, clock),
        }
        channel = Channel("team", request.param, f"secret:{ADDRESS}", f"secret:{KEY}")
        bench = Bench(notifiers[request.param], channel, server, receiver)
        bench.send()
        yield bench


def test_b20_while_both_are_valid_the_old_one_goes_on_serving(bench: Bench) -> None:
    bench.server.put(ADDRESS, f"{bench.receiver.address}/new")
    bench.send()
    assert [request.target for request in bench.receiver.requests] == ["/old", "/old"]


@pytest.mark.parametrize("status", REFUSALS)
def test_b20_once_the_old_one_is_revoked_the_same_attempt_arrives(
    bench: Bench, status: int
) -> None:
    bench.server.put(ADDRESS, f"{bench.receiver.address}/new")
    bench.receiver.answer_next(Reply(status=status))
    bench.send()
    assert [request.target for request in bench.receiver.requests] == ["/old", "/old", "/new"]


@pytest.mark.parametrize("status", REFUSALS)
def test_b16_what_is_refused_and_has_not_changed_is_rejected_after_one_request(
    bench: Bench, status: int
) -> None:
    bench.receiver.answer_next(Reply(status=status))
    with pytest.raises(NotificationRejected, match=str(status)):
        bench.send()
    assert len(bench.receiver.requests) == 2


def test_b16_a_new_secret_that_is_refused_as_well_is_rejected(bench: Bench) -> None:
    bench.server.put(ADDRESS, f"{bench.receiver.address}/new")
    bench.receiver.answer_next(Reply(status=401), Reply(status=401))
    with pytest.raises(NotificationRejected, match="401"):
        bench.send()
    assert len(bench.receiver.requests) == 3


def test_b20_refused_while_secret_manager_is_away_is_tried_again_and_not_given_up(
    bench: Bench,
) -> None:
    bench.receiver.answer_next(Reply(status=401))
    bench.server.trouble = deque([grpc.StatusCode.UNAVAILABLE] * 10_000)
    with pytest.raises(NotificationFailed, match="cannot be read now"):
        bench.send()


def test_a_secret_that_may_not_be_read_is_rejected_with_what_to_do(bench: Bench) -> None:
    channel = Channel("lost", bench.channel.kind, "secret:projects/p/secrets/none", "secret:x")
    with pytest.raises(NotificationRejected, match=r"channel lost, address_ref.*create it"):
        bench.notifier.send(alert_message(), channel)


@pytest.mark.parametrize("bench", [ChannelKind.WEBHOOK], indirect=True, ids=str)
def test_b20_a_rotated_signing_key_is_read_anew_as_well(bench: Bench) -> None:
    bench.server.put(KEY, NEW_KEY)
    bench.receiver.answer_next(Reply(status=401))
    bench.send()
    signatures = [each.headers["webhook-signature"] for each in bench.receiver.requests]
    assert signatures[0] == signatures[1] != signatures[2]


@pytest.mark.parametrize("bench", [ChannelKind.WEBHOOK], indirect=True, ids=str)
def test_b20_two_keys_sign_both_while_the_receiver_changes_from_one_to_the_other(
    bench: Bench,
) -> None:
    bench.server.put(KEY, f"{NEW_KEY} {OLD_KEY}")
    bench.receiver.answer_next(Reply(status=401))
    bench.send()
    first, _, both = [each.headers["webhook-signature"] for each in bench.receiver.requests]
    assert both.split(" ")[1] == first
    assert both.split(" ")[0].startswith("v1,")
    assert len(both.split(" ")) == 2


@pytest.mark.parametrize("reference", ["", "hunter2-very-secret", "other:x", "secret", ":x"])
def test_a_reference_without_a_known_place_is_refused_and_not_repeated(reference: str) -> None:
    secrets = SecretsByPlace({"env": EnvironmentSecrets({}), "file": EnvironmentSecrets({})})
    with pytest.raises(InvalidSettings, match="env: or file:") as refused:
        secrets.read(reference)
    assert "hunter2" not in str(refused.value)


def test_each_reference_is_read_in_its_place() -> None:
    secrets = SecretsByPlace(
        {"env": EnvironmentSecrets({"A": "here"}), "file": EnvironmentSecrets({"A": "there"})}
    )
    assert secrets.read("env:A") == "here"
