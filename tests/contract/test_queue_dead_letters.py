"""What the queue promises of messages that fail again and again."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.conftest import OpenQueue
from tests.contract.set_clock import NOON, SetClock
from vigil.adapters.sqlite_queue import SqliteQueue, Subscription
from vigil.ports import DeadLetter, Message

TERMS = Subscription("logs", ack_deadline=timedelta(seconds=60), max_attempts=3)
MESSAGE = Message(b"poison", {"tenant_id": "acme"})


@pytest.fixture
def queue(open_queue: OpenQueue) -> SqliteQueue:
    return open_queue({"workers": TERMS, "archive": Subscription("logs")})


def revive(letter: DeadLetter) -> None:
    """Do nothing: nobody counts here."""


def fail_by_refusal(queue: SqliteQueue, clock: SetClock) -> None:
    queue.nack("workers", [each.ack_id for each in queue.pull("workers", 9)])
    clock.advance(10)


def fail_by_silence(queue: SqliteQueue, clock: SetClock) -> None:
    queue.pull("workers", 9)
    clock.advance(60)


def die(queue: SqliteQueue, clock: SetClock, *bodies: bytes) -> None:
    queue.publish("logs", [Message(body) for body in bodies])
    for _ in range(TERMS.max_attempts):
        fail_by_refusal(queue, clock)


@pytest.mark.parametrize("fail", [fail_by_refusal, fail_by_silence])
def test_b09_a_message_that_fails_for_the_last_time_is_set_aside(
    queue: SqliteQueue, clock: SetClock, fail: Callable[[SqliteQueue, SetClock], None]
) -> None:
    queue.publish("logs", [MESSAGE])
    for _ in range(TERMS.max_attempts):
        assert queue.dead_letters.letters("workers", 99) == []
        fail(queue, clock)

    assert queue.pull("workers", 9) == []
    [dead] = queue.dead_letters.letters("workers", 99)
    assert (dead.message, dead.attempts, dead.published_at) == (MESSAGE, 3, NOON)
    assert NOON < dead.died_at <= clock()
    assert (queue.count("workers"), queue.next_due_at("workers")) == (0, None)


def test_b09_the_dead_do_not_keep_the_living_waiting(queue: SqliteQueue, clock: SetClock) -> None:
    queue.publish("logs", [Message(b"a"), Message(b"b")])
    for _ in range(TERMS.max_attempts):
        fail_by_silence(queue, clock)
    queue.publish("logs", [Message(b"c"), Message(b"d")])

    assert [each.message.data for each in queue.pull("workers", 2)] == [b"c", b"d"]
    assert [each.message.data for each in queue.dead_letters.letters("workers", 99)] == [b"a", b"b"]


def test_a_message_dies_for_one_subscription_alone(queue: SqliteQueue, clock: SetClock) -> None:
    die(queue, clock, b"a")

    [delivery] = queue.pull("archive", 9)
    queue.ack("archive", [delivery.ack_id])

    assert delivery.message_id == queue.dead_letters.letters("workers", 99)[0].message_id
    assert queue.dead_letters.letters("archive", 99) == []
    assert queue.dead_letters.replay("archive", revive) == 0


def test_a_dead_letter_is_reported_until_it_is_marked(queue: SqliteQueue, clock: SetClock) -> None:
    die(queue, clock, b"a", b"b", b"c")

    first = queue.dead_letters.unreported("workers", 2)
    assert first == queue.dead_letters.unreported("workers", 2)
    queue.dead_letters.mark_reported([each.dead_letter_id for each in first])
    rest = queue.dead_letters.unreported("workers", 2)
    queue.dead_letters.mark_reported([each.dead_letter_id for each in rest])

    assert [each.message.data for each in first + rest] == [b"a", b"b", b"c"]
    assert queue.dead_letters.unreported("workers", 2) == []
    assert queue.dead_letters.letters("workers", 99) == first + rest


def test_b09_replayed_dead_letters_are_due_at_once_and_have_all_attempts_again(
    queue: SqliteQueue, clock: SetClock
) -> None:
    die(queue, clock, b"a", b"b")

    assert [queue.dead_letters.replay("workers", revive) for _ in range(2)] == [2, 0]

    assert queue.dead_letters.letters("workers", 99) == []
    again = queue.pull("workers", 9)
    assert [(each.message.data, each.attempt) for each in again] == [(b"a", 1), (b"b", 1)]
    assert {each.published_at for each in again} == {NOON}


def test_g4_reported_dead_letters_are_forgotten_after_their_time(
    queue: SqliteQueue, clock: SetClock
) -> None:
    die(queue, clock, b"old", b"old and unreported")
    old, unreported = queue.dead_letters.letters("workers", 99)
    clock.advance(1)
    until = clock()
    die(queue, clock, b"young")
    [_, _, young] = queue.dead_letters.letters("workers", 99)
    queue.dead_letters.mark_reported([old.dead_letter_id, young.dead_letter_id])

    assert [queue.dead_letters.forget(until) for _ in range(2)] == [1, 0]

    assert queue.dead_letters.letters("workers", 99) == [unreported, young]


def test_g4_a_message_is_gone_with_its_last_dead_letter(tmp_path: Path, clock: SetClock) -> None:
    path = tmp_path / "own.db"
    terms = {"workers": TERMS, "archive": Subscription("logs")}
    with closing(SqliteQueue(path, terms, clock)) as queue:
        die(queue, clock, b"needed by nobody", b"needed by the archive")
        queue.ack("archive", [each.ack_id for each in queue.pull("archive", 1)])
        queue.dead_letters.mark_reported(
            [each.dead_letter_id for each in queue.dead_letters.letters("workers", 99)]
        )
        assert queue.dead_letters.forget(clock() + timedelta(seconds=1)) == 2

    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT body FROM messages").fetchall()
    assert kept == [(b"needed by the archive",)]


def test_a_dead_letter_that_dies_again_is_reported_again(
    queue: SqliteQueue, clock: SetClock
) -> None:
    die(queue, clock, b"a")
    [first] = queue.dead_letters.unreported("workers", 9)
    queue.dead_letters.mark_reported([first.dead_letter_id])
    queue.dead_letters.replay("workers", revive)
    for _ in range(TERMS.max_attempts):
        fail_by_refusal(queue, clock)

    [second] = queue.dead_letters.unreported("workers", 9)

    assert second.message_id == first.message_id
    assert second.dead_letter_id != first.dead_letter_id
