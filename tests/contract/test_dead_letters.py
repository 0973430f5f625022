"""What DeadLetters promise: those of the embedded queue, and those of Pub/Sub on its emulator."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.dying_queues import (
    OTHERS,
    TOPIC,
    WORKERS,
    DyingQueue,
    embedded_queue,
    google_queue,
    refuse,
)
from tests.pubsub_project import ATTEMPTS
from vigil.errors import PermanentError, TransientError
from vigil.ports import DeadLetter, DeadLetters, Message

MESSAGE = Message(bytes(range(256)), {"event_type": "log_batch", "tenant_id": "acme"})


@pytest.fixture
def embedded() -> Iterator[DyingQueue]:
    with embedded_queue() as opened:
        yield opened


@pytest.fixture
def google(pubsub_address: str) -> Iterator[DyingQueue]:
    with google_queue(pubsub_address) as opened:
        yield opened


@pytest.fixture(params=["embedded", "google"])
def queue(request: pytest.FixtureRequest) -> DyingQueue:
    found: DyingQueue = request.getfixturevalue(request.param)
    return found


def bodies(queue: DyingQueue) -> list[bytes]:
    return sorted(letter.message.data for letter in queue.dead.letters(WORKERS, 99))


def nothing(_letter: DeadLetter) -> None:
    """Revive nothing: nobody counts here."""


def test_b09_exactly_what_was_refused_for_the_last_time_is_dead(queue: DyingQueue) -> None:
    queue.bury(Message(b"poison"))
    queue.publisher.publish(TOPIC, [Message(b"good")])

    assert bodies(queue) == [b"poison"]
    assert queue.take(WORKERS) == [Message(b"good")]
    assert sorted(m.data for m in queue.take(OTHERS)) == [b"good", b"poison"]


def test_b09_a_dead_letter_says_what_it_was(queue: DyingQueue) -> None:
    queue.bury(MESSAGE)

    [letter] = queue.dead.letters(WORKERS, 9)

    assert letter.message == MESSAGE
    assert letter.attempts == ATTEMPTS
    assert letter.published_at <= letter.died_at
    assert letter.died_at.utcoffset() == timedelta(0)
    assert letter.dead_letter_id


@pytest.mark.parametrize("attempts", ["", "many", "1e300", "-"])
def test_b09_what_was_put_among_dead_letters_by_hand_hides_no_other(
    google: DyingQueue, attempts: str
) -> None:
    google.bury(MESSAGE)
    by_hand = Message(b"by hand", {"CloudPubSubDeadLetterSourceDeliveryCount": attempts})
    google.publisher.publish(f"{WORKERS}-dead", [by_hand])

    assert bodies(google) == sorted([MESSAGE.data, b"by hand"])


def test_b09_looking_at_dead_letters_leaves_them_as_they_are(queue: DyingQueue) -> None:
    queue.bury(*(Message(b"%d" % number) for number in range(5)))

    looks = [queue.dead.letters(WORKERS, 9) for _ in range(3)]

    assert {len(look) for look in looks} == {5}
    assert len({frozenset(each.dead_letter_id for each in look) for look in looks}) == 1
    assert queue.take(WORKERS) == []


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_are_listed_than_were_asked_for(queue: DyingQueue, limit: int) -> None:
    queue.bury(*(Message(b"%d" % number) for number in range(4)))

    assert len(queue.dead.letters(WORKERS, limit)) == limit
    assert len(bodies(queue)) == 4


def test_more_than_a_page_of_them_are_listed_and_replayed(queue: DyingQueue) -> None:
    many = [b"%03d" % number for number in range(150)]
    queue.bury(*(Message(body) for body in many))

    assert sorted(each.message.data for each in queue.dead.letters(WORKERS, 999)) == many
    assert queue.dead.replay(WORKERS, nothing) == 150
    assert sorted(each.data for each in queue.take(WORKERS)) == many


def test_b09_replayed_dead_letters_come_as_they_were_published(queue: DyingQueue) -> None:
    queue.bury(MESSAGE)
    revived: list[DeadLetter] = []
    letters = queue.dead.letters(WORKERS, 9)

    assert [queue.dead.replay(WORKERS, revived.append) for _ in range(2)] == [1, 0]

    assert [each.message for each in revived] == [each.message for each in letters] == [MESSAGE]
    assert [each.dead_letter_id for each in revived] == [each.dead_letter_id for each in letters]
    assert queue.take(WORKERS) == [MESSAGE]
    assert bodies(queue) == []


def test_b09_what_dies_again_is_another_dead_letter(queue: DyingQueue) -> None:
    queue.bury(MESSAGE)
    [first] = queue.dead.letters(WORKERS, 9)
    queue.dead.replay(WORKERS, nothing)
    queue.deliver(WORKERS, refuse)

    [second] = queue.dead.letters(WORKERS, 9)

    assert second.message == first.message
    assert second.dead_letter_id != first.dead_letter_id
    assert second.attempts == ATTEMPTS


def test_b09_what_cannot_be_revived_stays_dead_and_comes_back_the_next_time(
    queue: DyingQueue,
) -> None:
    queue.bury(Message(b"a"), Message(b"b"), Message(b"c"))
    revived: list[bytes] = []

    def fail_at_second(letter: DeadLetter) -> None:
        if revived:
            raise TransientError("not now")
        revived.append(letter.message.data)

    with pytest.raises(TransientError):
        queue.dead.replay(WORKERS, fail_at_second)

    assert [each.data for each in queue.take(WORKERS)] == revived
    assert sorted([*bodies(queue), *revived]) == [b"a", b"b", b"c"]
    assert queue.dead.replay(WORKERS, nothing) == 2
    assert sorted([*(each.data for each in queue.take(WORKERS)), *revived]) == [b"a", b"b", b"c"]


def test_the_dead_letters_of_one_subscription_are_not_those_of_another(queue: DyingQueue) -> None:
    queue.bury(Message(b"a"))

    assert queue.dead.letters(OTHERS, 9) == []
    assert queue.dead.replay(OTHERS, nothing) == 0
    assert bodies(queue) == [b"a"]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda dead: dead.letters("unheard-of", 1), id="letters"),
        pytest.param(lambda dead: dead.replay("unheard-of", nothing), id="replay"),
    ],
)
def test_an_unknown_subscription_is_named(
    queue: DyingQueue, ask: Callable[[DeadLetters], object]
) -> None:
    with pytest.raises(PermanentError, match="unheard-of"):
        ask(queue.dead)
