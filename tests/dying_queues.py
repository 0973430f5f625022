"""Queues whose messages can die for good: the embedded one, and Pub/Sub's emulator."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.contract.set_clock import SetClock
from tests.emulators import fresh_project_id
from tests.pubsub_project import ATTEMPTS, PubsubProject
from vigil.adapters.delivery import Subscription
from vigil.adapters.pubsub_dead_letters import PubsubDeadLetters
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.ports import DeadLetters, Message, Publisher

TOPIC, WORKERS, OTHERS = "vigil-batches", "detect-anomalies", "archive"
Work = Callable[[Message], None]


class Refused(Exception):
    """A message is not taken."""


def refuse(_message: Message) -> None:
    raise Refused


@dataclass(frozen=True, slots=True)
class DyingQueue:
    """A topic with two subscriptions, in which a message dies of its fifth failure.

    `deliver` gives what waits for a subscription to some work, as often as that fails.
    """

    publisher: Publisher
    dead: DeadLetters
    deliver: Callable[[str, Work], None]

    def bury(self, *messages: Message) -> None:
        """Let messages die for WORKERS."""
        self.publisher.publish(TOPIC, messages)
        self.deliver(WORKERS, refuse)

    def take(self, subscription: str) -> list[Message]:
        """Return what waits, which is then done."""
        taken: list[Message] = []
        self.deliver(subscription, taken.append)
        return taken


@contextmanager
def embedded_queue() -> Iterator[DyingQueue]:
    clock = SetClock()
    terms = Subscription(TOPIC, max_attempts=ATTEMPTS)
    with closing(SqliteQueue(":memory:", {WORKERS: terms, OTHERS: terms}, clock)) as queue:

        def deliver(subscription: str, work: Work) -> None:
            while found := queue.pull(subscription, 999):
                for each in found:
                    try:
                        work(each.message)
                    except Exception:
                        queue.nack(subscription, [each.ack_id])
                    else:
                        queue.ack(subscription, [each.ack_id])
                clock.advance(60)

        yield DyingQueue(queue, queue.dead_letters, deliver)


@contextmanager
def google_queue(address: str) -> Iterator[DyingQueue]:
    with PubsubProject(address, fresh_project_id()) as project:
        project.create_topic(TOPIC)
        for subscription in (WORKERS, OTHERS):
            project.subscribe(subscription, TOPIC, with_dead=True)
        dead = PubsubDeadLetters(
            project.project,
            project.publisher,
            lambda: datetime.now(UTC),
            emulator_host=address,
            patience=timedelta(seconds=0.5),
        )

        def deliver(subscription: str, work: Work) -> None:
            # The emulator sets a message aside when it would be pulled once more.
            while found := project.pull(subscription):
                for each in found:
                    received = each.message
                    message = Message(
                        received.data, dict(received.attributes), received.ordering_key
                    )
                    try:
                        work(message)
                    except Exception:
                        project.answer(subscription, [each], seconds=0)
                    else:
                        project.answer(subscription, [each], seconds=None)

        with closing(dead):
            yield DyingQueue(project.publisher, dead, deliver)
