"""What DeadLetters promise: those of the embedded queue, and those of Pub/Sub on its emulator."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.set_clock import SetClock
from tests.emulators import fresh_project_id
from tests.pubsub_project import ATTEMPTS, PubsubProject
from vigil.adapters.delivery import Subscription
from vigil.adapters.pubsub_dead_letters import PubsubDeadLetters
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.errors import PermanentError, TransientError
from vigil.ports import DeadLetter, DeadLetters, Message, Publisher

TOPIC, WORKERS, OTHERS = "logs", "workers", "others"
MESSAGE = Message(bytes(range(256)), {"event_type": "log_batch", "tenant_id": "acme"})


@dataclass(frozen=True, slots=True)
class Queue:
    """A topic with two subscriptions; `refuse` lets all that waits for one of them die."""

    publisher: Publisher
    dead: DeadLetters
    refuse: Callable[[str], None]
    take: Callable[[str], list[Message]]

    def bury(self, *messages: Message) -> None:
        self.publisher.publish(TOPIC, messages)
        self.refuse(WORKERS)

    def bodies(self) -> list[bytes]:
        return sorted(letter.message.data for letter in self.dead.letters(WORKERS, 99))


def embedded_queue(queue: SqliteQueue, clock: SetClock) -> Queue:
    def refuse(subscription: str) -> None:
        for _ in range(ATTEMPTS):
            queue.nack(subscription, [each.ack_id for each in queue.pull(subscription, 999)])
            clock.advance(60)

    def take(subscription: str) -> list[Message]:
        found = queue.pull(subscription, 999)
        queue.ack(subscription, [each.ack_id for each in found])
        return [each.message for each in found]

    return Queue(queue, queue.dead_letters, refuse, take)


@pytest.fixture
def embedded() -> Iterator[Queue]:
    clock = SetClock()
    terms = Subscription(TOPIC, max_attempts=ATTEMPTS, maximum_backoff=timedelta(seconds=60))
    with closing(SqliteQueue(":memory:", {WORKERS: terms, OTHERS: terms}, clock)) as queue:
        yield embedded_queue(queue, clock)


@pytest.fixture
def google(pubsub_address: str) -> Iterator[Queue]:
    with PubsubProject(pubsub_address, fresh_project_id()) as project:
        project.create_topic(TOPIC)
        for subscription in (WORKERS, OTHERS):
            project.subscribe(subscription, TOPIC, with_dead=True)
        dead = PubsubDeadLetters(
            project.project,
            project.publisher,
            lambda: datetime.now(UTC),
            emulator_host=pubsub_address,
            patience=timedelta(seconds=0.5),
        )
        with closing(dead):
            yield Queue(project.publisher, dead, project.refuse_until_dead, project.take)


@pytest.fixture(params=["embedded", "google"])
def queue(request: pytest.FixtureRequest) -> Queue:
    found: Queue = request.getfixturevalue(request.param)
    return found


def nothing(_letter: DeadLetter) -> None:
    """Revive nothing: nobody counts here."""


def test_b09_exactly_what_was_refused_for_the_last_time_is_dead(queue: Queue) -> None:
    queue.bury(Message(b"poison"))
    queue.publisher.publish(TOPIC, [Message(b"good")])

    assert queue.bodies() == [b"poison"]
    assert queue.take(WORKERS) == [Message(b"good")]
    assert sorted(m.data for m in queue.take(OTHERS)) == [b"good", b"poison"]


def test_b09_a_dead_letter_says_what_it_was(queue: Queue) -> None:
    queue.bury(MESSAGE)

    [letter] = queue.dead.letters(WORKERS, 9)

    assert letter.message == MESSAGE
    assert letter.attempts == ATTEMPTS
    assert letter.published_at <= letter.died_at
    assert letter.died_at.utcoffset() == timedelta(0)
    assert letter.dead_letter_id


def test_b09_looking_at_dead_letters_leaves_them_as_they_are(queue: Queue) -> None:
    queue.bury(*(Message(b"%d" % number) for number in range(5)))

    looks = [queue.dead.letters(WORKERS, 9) for _ in range(3)]

    assert {len(look) for look in looks} == {5}
    assert len({frozenset(each.dead_letter_id for each in look) for look in looks}) == 1
    assert queue.take(WORKERS) == []


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_are_listed_than_were_asked_for(queue: Queue, limit: int) -> None:
    queue.bury(*(Message(b"%d" % number) for number in range(4)))

    assert len(queue.dead.letters(WORKERS, limit)) == limit
    assert len(queue.bodies()) == 4


def test_more_than_a_page_of_them_are_listed_and_replayed(queue: Queue) -> None:
    bodies = [b"%03d" % number for number in range(150)]
    queue.bury(*(Message(body) for body in bodies))

    assert sorted(each.message.data for each in queue.dead.letters(WORKERS, 999)) == bodies
    assert queue.dead.replay(WORKERS, nothing) == 150
    assert sorted(each.data for each in queue.take(WORKERS)) == bodies


def test_b09_replayed_dead_letters_come_as_they_were_published(queue: Queue) -> None:
    queue.bury(MESSAGE)
    revived: list[DeadLetter] = []
    letters = queue.dead.letters(WORKERS, 9)

    assert [queue.dead.replay(WORKERS, revived.append) for _ in range(2)] == [1, 0]

    assert [each.message for each in revived] == [each.message for each in letters] == [MESSAGE]
    assert [each.dead_letter_id for each in revived] == [each.dead_letter_id for each in letters]
    assert queue.take(WORKERS) == [MESSAGE]
    assert queue.bodies() == []


def test_b09_what_dies_again_is_another_dead_letter(queue: Queue) -> None:
    queue.bury(MESSAGE)
    [first] = queue.dead.letters(WORKERS, 9)
    queue.dead.replay(WORKERS, nothing)
    queue.refuse(WORKERS)

    [second] = queue.dead.letters(WORKERS, 9)

    assert second.message == first.message
    assert second.dead_letter_id != first.dead_letter_id
    assert second.attempts == ATTEMPTS


def test_b09_what_cannot_be_revived_stays_dead_and_comes_back_the_next_time(queue: Queue) -> None:
    queue.bury(Message(b"a"), Message(b"b"), Message(b"c"))
    revived: list[bytes] = []

    def fail_at_second(letter: DeadLetter) -> None:
        if revived:
            raise TransientError("not now")
        revived.append(letter.message.data)

    with pytest.raises(TransientError):
        queue.dead.replay(WORKERS, fail_at_second)

    assert [each.data for each in queue.take(WORKERS)] == revived
    assert sorted([*queue.bodies(), *revived]) == [b"a", b"b", b"c"]
    assert queue.dead.replay(WORKERS, nothing) == 2
    assert sorted([*(each.data for each in queue.take(WORKERS)), *revived]) == [b"a", b"b", b"c"]


def test_the_dead_letters_of_one_subscription_are_not_those_of_another(queue: Queue) -> None:
    queue.bury(Message(b"a"))

    assert queue.dead.letters(OTHERS, 9) == []
    assert queue.dead.replay(OTHERS, nothing) == 0
    assert queue.bodies() == [b"a"]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda dead: dead.letters("unheard-of", 1), id="letters"),
        pytest.param(lambda dead: dead.replay("unheard-of", nothing), id="replay"),
    ],
)
def test_an_unknown_subscription_is_named(
    queue: Queue, ask: Callable[[DeadLetters], object]
) -> None:
    with pytest.raises(PermanentError, match="unheard-of"):
        ask(queue.dead)
