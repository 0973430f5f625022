"""Publishes to topics of Pub/Sub, lists at a time."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.api_core.timeout import ConstantTimeout
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublishRequest

from vigil.adapters.message_limits import MESSAGE_BYTES, check_message
from vigil.adapters.pubsub_clients import PASSING, publisher_client
from vigil.errors import InvalidSettings, PermanentError, TransientError
from vigil.ports import Message

# What a request may hold.
_MESSAGES = 1000
_REQUEST_BYTES = MESSAGE_BYTES
# Of a message in a request, beside its texts: tags and lengths of the fields and attributes.
_FRAME_BYTES = 32
_ATTRIBUTE_FRAME_BYTES = 12
# A connection that has gone dead without a word costs one attempt, not all of them.
_ATTEMPTS_AT_LEAST = 3
_NEEDS_SOMEBODY = (exceptions.Forbidden, exceptions.Unauthenticated)


class PubsubPublisher:
    """Publisher over Pub/Sub; threads may share it.

    A topic is named by its short name, all of them are of one project. A list goes out as it is, in
    as few requests as hold it, one after the other: one message at a time would be a thousandth as
    fast. So the order within a list is kept for each ordering key. When it raises TransientError,
    some of the messages may be durable and some may not.
    """

    def __init__(
        self,
        project: str,
        *,
        emulator_host: str | None = None,
        deadline: timedelta = timedelta(seconds=30),
    ) -> None:
        """Take the project, and how long a request may take with all its repetitions."""
        self._project = project
        self._client: Any = publisher_client(emulator_host)
        attempt_seconds = deadline.total_seconds() / _ATTEMPTS_AT_LEAST
        self._attempt = ConstantTimeout(attempt_seconds)  # type: ignore[no-untyped-call]  # google's
        # The only place in which a publication is repeated; pauses are drawn by chance.
        self._retry = Retry(
            predicate=if_exception_type(*PASSING),
            initial=0.1,
            maximum=5.0,
            multiplier=2.0,
            # The last attempt begins before this, and may take its time.
            timeout=deadline.total_seconds() - attempt_seconds,
        )

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Return when all `messages` are durable, or raise as the port says."""
        for message in messages:
            check_message(message)
        for request in _requests(f"projects/{self._project}/topics/{topic}", messages):
            self._send(request, topic)

    def close(self) -> None:
        """Close the connection; nothing can be published afterwards."""
        self._client.transport.close()

    def _send(self, request: PublishRequest, topic: str) -> None:
        try:
            self._client.publish(request=request, retry=self._retry, timeout=self._attempt)
        except exceptions.NotFound as error:
            # The messages are right; whoever sent them tries again once there is a topic.
            raise InvalidSettings(
                f"there is no topic {topic} in the project {self._project}: create it with"
                f" `gcloud pubsub topics create {topic} --project={self._project}`"
            ) from error
        except _NEEDS_SOMEBODY as error:
            # It is redelivered until somebody has done so, and nothing is lost meanwhile.
            raise TransientError(
                f"grant roles/pubsub.publisher on the topic {topic} to the account of this function"
            ) from error
        except (*PASSING, exceptions.RetryError, GoogleAuthError) as error:
            raise TransientError(f"some messages for {topic} may not be durable") from error
        except exceptions.GoogleAPICallError as error:
            raise PermanentError(
                f"Pub/Sub refuses these messages for {topic} for good: {type(error).__name__}"
            ) from error


def _requests(topic: str, messages: Sequence[Message]) -> Iterator[PublishRequest]:
    """Yield `messages` in their order, in requests within the limits."""
    request, size = _empty(topic), 0
    for message in messages:
        more = _bytes_of(message)
        if request.messages and (
            len(request.messages) == _MESSAGES or size + more > _REQUEST_BYTES - len(topic)
        ):
            yield PublishRequest.wrap(request)
            request, size = _empty(topic), 0
        size += more
        request.messages.add(
            data=message.data, attributes=message.attributes, ordering_key=message.ordering_key
        )
    if request.messages:
        yield PublishRequest.wrap(request)


def _empty(topic: str) -> Any:
    # The generated message itself: the wrappers around it cost five times as much as it does.
    return PublishRequest.pb(PublishRequest(topic=topic))


def _bytes_of(message: Message) -> int:
    """Return at least how long the message is in a request."""
    texts = (message.ordering_key, *message.attributes, *message.attributes.values())
    framed = _FRAME_BYTES + _ATTRIBUTE_FRAME_BYTES * len(message.attributes)
    return framed + len(message.data) + sum(len(text.encode()) for text in texts)
