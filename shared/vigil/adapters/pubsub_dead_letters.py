"""Dead letters of Pub/Sub: what subscriptions have forwarded after their last attempt."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError

from vigil.adapters.pubsub_clients import PASSING, subscriber_client
from vigil.errors import InvalidSettings, PermanentError, TransientError
from vigil.logs.fields import whole_of
from vigil.logs.redaction import redact
from vigil.logs.timestamp import parse_timestamp
from vigil.ports import Clock, DeadLetter, Message, Publisher

# A response holds no more, whatever is asked for.
_PAGE = 100
_REASON_LIMIT = 200
_CALL_SECONDS = 10.0
# What Pub/Sub adds when it forwards a message.
_ADDED = "CloudPubSubDeadLetter"
_ATTEMPTS = "CloudPubSubDeadLetterSourceDeliveryCount"
_PUBLISHED_AT = "CloudPubSubDeadLetterSourceTopicPublishTime"
_REASON = "CloudPubSubDeadLetterSourceDeliveryErrorMessage"
_NEEDS_SOMEBODY = (exceptions.Forbidden, exceptions.Unauthenticated)


@dataclass(frozen=True, slots=True)
class _Leased:
    ack_id: str
    letter: DeadLetter


class PubsubDeadLetters:
    """DeadLetters over Pub/Sub, of the subscriptions of one project.

    Those of the subscription `X` are in `X-dead`, a subscription of its dead-letter topic that
    nobody else takes from. What is listed is leased meanwhile and given back at once. A replayed
    message goes to the topic of `X`, so to its other subscriptions too: they have had it, and know
    what comes twice.
    """

    def __init__(
        self,
        project: str,
        publisher: Publisher,
        clock: Clock,
        *,
        emulator_host: str | None = None,
        patience: timedelta = timedelta(seconds=2),
    ) -> None:
        """Take the publisher of the same project; a pull waits for `patience` for what is there."""
        self._project = project
        self._publisher = publisher
        self._clock = clock
        self._client: Any = subscriber_client(emulator_host)
        self._seconds = patience.total_seconds()
        self._retry = Retry(
            predicate=if_exception_type(*PASSING),
            initial=0.1,
            maximum=1.0,
            timeout=_CALL_SECONDS,
        )

    def letters(self, subscription: str, limit: int) -> list[DeadLetter]:
        """Return at most `limit` dead letters, of these the first to die first."""
        dead = _dead(subscription)
        found: list[_Leased] = []
        try:
            while len(found) < limit and (page := self._pull(dead, limit - len(found))):
                found += page
        finally:
            self._give_back(dead, found)
        return sorted((each.letter for each in found), key=lambda letter: letter.died_at)

    def replay(self, subscription: str, revive: Callable[[DeadLetter], None]) -> int:
        """Publish the dead letters as they were published; return how many."""
        dead, topic, began_at = _dead(subscription), self._topic_of(subscription), self._clock()
        count = 0
        while page := self._pull(dead, _PAGE):
            # What has been replayed may have died again; that is for another time.
            earlier = [each for each in page if each.letter.died_at <= began_at]
            self._give_back(dead, [each for each in page if each not in earlier])
            if not earlier:
                break
            count += self._replay(dead, topic, earlier, revive)
        return count

    def close(self) -> None:
        """Close the connection; nothing can be asked afterwards."""
        self._client.transport.close()

    def _replay(
        self,
        dead: str,
        topic: str,
        page: Sequence[_Leased],
        revive: Callable[[DeadLetter], None],
    ) -> int:
        left = list(page)
        try:
            while left:
                revive(left[0].letter)
                self._publisher.publish(topic, [left[0].letter.message])
                self._call("acknowledge", dead, ack_ids=[left.pop(0).ack_id])
        finally:
            self._give_back(dead, left)
        return len(page)

    def _pull(self, dead: str, limit: int) -> list[_Leased]:
        """Return what is there, nothing if that takes longer than the patience."""
        with _sorted_errors(dead, self._project):
            try:
                answer = self._client.pull(
                    request={
                        "subscription": self._path(dead),
                        "max_messages": min(limit, _PAGE),
                    },
                    timeout=self._seconds,
                    # Who asks again asks for another page, or for another time.
                    retry=None,
                )
            except exceptions.DeadlineExceeded:
                return []
        return [_leased(each) for each in answer.received_messages]

    def _give_back(self, dead: str, leased: Sequence[_Leased]) -> None:
        for start in range(0, len(leased), _PAGE):
            ack_ids = [each.ack_id for each in leased[start : start + _PAGE]]
            self._call("modify_ack_deadline", dead, ack_ids=ack_ids, ack_deadline_seconds=0)

    def _topic_of(self, subscription: str) -> str:
        topic: str = self._call("get_subscription", subscription).topic
        return topic.rsplit("/", 1)[1]

    def _call(self, method: str, subscription: str, **fields: object) -> Any:
        with _sorted_errors(subscription, self._project):
            return getattr(self._client, method)(
                request={"subscription": self._path(subscription), **fields},
                timeout=_CALL_SECONDS,
                retry=self._retry,
            )

    def _path(self, subscription: str) -> str:
        return f"projects/{self._project}/subscriptions/{subscription}"


@contextmanager
def _sorted_errors(subscription: str, project: str) -> Iterator[None]:
    try:
        yield
    except exceptions.NotFound as error:
        raise InvalidSettings(
            f"there is no subscription {subscription} in the project {project}; "
            "Terraform makes it with the function it belongs to"
        ) from error
    except _NEEDS_SOMEBODY as error:
        raise InvalidSettings(
            f"roles/pubsub.subscriber and roles/pubsub.viewer on the subscription {subscription} "
            "are needed for this"
        ) from error
    except (*PASSING, exceptions.RetryError, GoogleAuthError) as error:
        raise TransientError(f"the subscription {subscription} did not answer in time") from error
    except exceptions.GoogleAPICallError as error:
        raise PermanentError(
            f"Pub/Sub refuses this for {subscription} for good: {type(error).__name__}"
        ) from error


def _dead(subscription: str) -> str:
    return f"{subscription}-dead"


def _leased(received: Any) -> _Leased:
    message = received.message
    attributes = dict(message.attributes)
    died_at = message.publish_time
    letter = DeadLetter(
        message.message_id,
        Message(
            message.data,
            {key: value for key, value in attributes.items() if not key.startswith(_ADDED)},
            message.ordering_key,
        ),
        message.message_id,
        parse_timestamp(attributes.get(_PUBLISHED_AT)) or died_at,
        died_at,
        whole_of(attributes.get(_ATTEMPTS)) or 0,
        redact(attributes.get(_REASON, ""))[:_REASON_LIMIT],
    )
    return _Leased(received.ack_id, letter)
