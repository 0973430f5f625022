"""What the publisher does when Pub/Sub has trouble, over real gRPC."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.pubsub_v1 import PublishRequest, PublishResponse

from tests.servers.grpc_server import GrpcServer, Method
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.errors import InvalidSettings, PermanentError, TransientError, VigilError
from vigil.local.free_port import choose_port
from vigil.ports import Message

Code = grpc.StatusCode


@dataclass
class Pubsub:
    """Answers each request as its script says, and after that well; keeps what it was sent."""

    script: list[grpc.StatusCode] = field(default_factory=list)
    requests: list[list[bytes]] = field(default_factory=list)

    def publish(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.requests.append([message.data for message in request.messages])
        if self.script:
            context.abort(self.script.pop(0), "the secret of somebody")
        return PublishResponse(message_ids=[str(n) for n in range(len(request.messages))])


@contextmanager
def publishing(
    pubsub: Pubsub, deadline: timedelta = timedelta(seconds=30)
) -> Iterator[PubsubPublisher]:
    method = Method(PublishRequest, pubsub.publish)
    with (
        GrpcServer("google.pubsub.v1.Publisher", {"Publish": method}) as server,
        closing(PubsubPublisher("p", emulator_host=server.address, deadline=deadline)) as opened,
    ):
        yield opened


@pytest.mark.parametrize(
    "code",
    [
        Code.ABORTED,
        Code.CANCELLED,
        Code.DEADLINE_EXCEEDED,
        Code.INTERNAL,
        Code.RESOURCE_EXHAUSTED,
        Code.UNAVAILABLE,
        Code.UNKNOWN,
    ],
    ids=lambda code: str(code.name),
)
def test_b04_trouble_that_passes_is_waited_for(code: grpc.StatusCode) -> None:
    pubsub = Pubsub([code])
    with publishing(pubsub) as publisher:
        publisher.publish("logs", [Message(b"a"), Message(b"b")])

    assert pubsub.requests == [[b"a", b"b"]] * 2


def test_b04_trouble_that_does_not_pass_ends_in_time_and_is_not_hidden() -> None:
    pubsub = Pubsub([Code.UNAVAILABLE] * 1000)
    begun = time.monotonic()
    with (
        publishing(pubsub, timedelta(seconds=0.6)) as publisher,
        pytest.raises(TransientError, match="may not be durable"),
    ):
        publisher.publish("logs", [Message(b"a")])

    assert time.monotonic() - begun < 2
    # Retries are counted in one place: the pauses double, and nobody else adds to them.
    assert 1 < len(pubsub.requests) < 10


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        pytest.param(Code.NOT_FOUND, InvalidSettings, "topics create logs", id="no topic"),
        pytest.param(
            Code.PERMISSION_DENIED, TransientError, "roles/pubsub.publisher", id="no permission"
        ),
        pytest.param(Code.UNAUTHENTICATED, TransientError, "grant", id="nobody"),
        pytest.param(Code.INVALID_ARGUMENT, PermanentError, "InvalidArgument", id="refused"),
        pytest.param(Code.UNIMPLEMENTED, PermanentError, "for good", id="not there"),
    ],
)
def test_what_does_not_pass_by_itself_is_tried_once_and_says_what_to_do(
    code: grpc.StatusCode, error: type[VigilError], words: str
) -> None:
    pubsub = Pubsub([code] * 9)
    with publishing(pubsub) as publisher, pytest.raises(error, match=words) as caught:
        publisher.publish("logs", [Message(b"a")])

    assert len(pubsub.requests) == 1
    assert "secret" not in str(caught.value)


def test_a_long_list_goes_out_in_full_requests() -> None:
    pubsub = Pubsub()
    with publishing(pubsub) as publisher:
        publisher.publish("logs", [Message(b"%d" % number) for number in range(2001)])

    assert [len(request) for request in pubsub.requests] == [1000, 1000, 1]


def test_large_messages_go_out_in_requests_of_less_than_10_mb() -> None:
    pubsub = Pubsub()
    with publishing(pubsub) as publisher:
        publisher.publish("logs", [Message(b"x" * 3_000_000) for _ in range(4)])

    assert [len(request) for request in pubsub.requests] == [3, 1]


def test_what_comes_after_a_refused_request_is_not_sent() -> None:
    pubsub = Pubsub()
    with publishing(pubsub) as publisher:
        messages = [Message(b"x" * 6_000_000) for _ in range(3)]
        publisher.publish("logs", messages[:1])
        pubsub.script = [Code.INVALID_ARGUMENT]
        with pytest.raises(PermanentError):
            publisher.publish("logs", messages)

    assert len(pubsub.requests) == 2


def test_b10_where_nothing_listens_it_says_so_in_time() -> None:
    address = f"127.0.0.1:{choose_port(0)}"
    publisher = PubsubPublisher("p", emulator_host=address, deadline=timedelta(seconds=0.3))
    with closing(publisher), pytest.raises(TransientError):
        publisher.publish("logs", [Message(b"a")])
