"""A project of its own in Pub/Sub's emulator, with topics and subscriptions as Terraform makes."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import DeadLetterPolicy, Subscription, Topic

from vigil.adapters.pubsub_clients import publisher_client, subscriber_client
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.ports import Message

# The fewest that Pub/Sub allows.
ATTEMPTS = 5
_ACK_SECONDS = 10
_SECONDS = 5.0
_IMPATIENT_SECONDS = 0.5


class PubsubProject:
    """Makes and reads what is in `project`, while the `with` block lasts."""

    def __init__(self, address: str, project: str) -> None:
        self.address = address
        self.project = project
        self._topics: Any = publisher_client(address)
        self._subscriptions: Any = subscriber_client(address)
        self._open = ExitStack()
        self.publisher = PubsubPublisher(
            project, emulator_host=address, deadline=timedelta(seconds=_SECONDS)
        )

    def __enter__(self) -> Self:
        for closable in (self._topics.transport, self._subscriptions.transport, self.publisher):
            self._open.callback(closable.close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def create_topic(self, topic: str) -> None:
        self._topics.create_topic(request=Topic(name=self._topic(topic)), timeout=_SECONDS)

    def subscribe(
        self, subscription: str, topic: str, *, with_dead: bool = False, ordered: bool = False
    ) -> None:
        """Create a subscription of a topic, and that of its dead letters if wanted."""
        policy = None
        if with_dead:
            dead = f"{subscription}-dead"
            self.create_topic(dead)
            self.subscribe(dead, dead)
            policy = DeadLetterPolicy(
                dead_letter_topic=self._topic(dead), max_delivery_attempts=ATTEMPTS
            )
        self._subscriptions.create_subscription(
            request=Subscription(
                name=self._subscription(subscription),
                topic=self._topic(topic),
                ack_deadline_seconds=_ACK_SECONDS,
                message_retention_duration=Duration(seconds=600),
                enable_message_ordering=ordered,
                dead_letter_policy=policy,
            ),
            timeout=_SECONDS,
        )

    def pull(self, subscription: str, limit: int = 100) -> list[Any]:
        """Return what is there to be had now, without waiting for more."""
        answer = self._subscriptions.pull(
            request={"subscription": self._subscription(subscription), "max_messages": limit},
            # The emulator answers at once where a call has no time to wait for messages.
            timeout=_IMPATIENT_SECONDS,
            retry=None,
        )
        return list(answer.received_messages)

    def take(self, subscription: str) -> list[Message]:
        """Return all messages that wait, acknowledged."""
        taken: list[Message] = []
        while found := self.pull(subscription):
            self.answer(subscription, found, seconds=None)
            taken += [
                Message(each.message.data, dict(each.message.attributes), each.message.ordering_key)
                for each in found
            ]
        return taken

    def answer(self, subscription: str, found: Sequence[Any], *, seconds: int | None) -> None:
        """Acknowledge, or with seconds=0 refuse, what was pulled."""
        answer: dict[str, Any] = {
            "subscription": self._subscription(subscription),
            "ack_ids": [each.ack_id for each in found],
        }
        if seconds is None:
            self._subscriptions.acknowledge(request=answer, timeout=_SECONDS)
        else:
            answer["ack_deadline_seconds"] = seconds
            self._subscriptions.modify_ack_deadline(request=answer, timeout=_SECONDS)

    def _topic(self, name: str) -> str:
        return f"projects/{self.project}/topics/{name}"

    def _subscription(self, name: str) -> str:
        return f"projects/{self.project}/subscriptions/{name}"
