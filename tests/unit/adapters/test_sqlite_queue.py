"""What is true of the queue in SQLite alone: what lies in its file."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.set_clock import SetClock
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue, Subscription
from vigil.ports import Message, Put

ONCE = Subscription("logs", max_attempts=1)
TERMS = {"one": ONCE, "two": ONCE}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vigil.db"


def bodies(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as connection:
        return [body for (body,) in connection.execute("SELECT body FROM messages ORDER BY id")]


def finish(queue: SqliteQueue, subscription: str) -> None:
    queue.ack(subscription, [each.ack_id for each in queue.pull(subscription, 9)])


def kill(queue: SqliteQueue, subscription: str) -> None:
    queue.nack(subscription, [each.ack_id for each in queue.pull(subscription, 9)])


def test_a_body_is_kept_once_and_until_nobody_needs_it(path: Path) -> None:
    with closing(SqliteQueue(path, TERMS, SetClock())) as queue:
        queue.publish("logs", [Message(b"a")])
        assert bodies(path) == [b"a"]
        finish(queue, "one")
        assert bodies(path) == [b"a"]
        finish(queue, "two")
        assert bodies(path) == []


def test_a_body_is_kept_for_a_dead_letter_and_until_its_replay_is_done(path: Path) -> None:
    with closing(SqliteQueue(path, TERMS, SetClock())) as queue:
        queue.publish("logs", [Message(b"a")])
        kill(queue, "one")
        finish(queue, "two")
        assert bodies(path) == [b"a"]
        queue.dead_letters.replay("one", lambda letter: None)
        assert bodies(path) == [b"a"]
        finish(queue, "one")
        assert bodies(path) == []


def test_a_topic_without_subscriptions_keeps_nothing(path: Path) -> None:
    with closing(SqliteQueue(path, TERMS, SetClock(), topics=["aiops-events"])) as queue:
        queue.publish("aiops-events", [Message(b"a")])
    assert bodies(path) == []


def test_messages_leases_and_dead_letters_survive_closing(path: Path) -> None:
    clock = SetClock()
    with closing(SqliteQueue(path, TERMS, clock)) as queue:
        queue.publish("logs", [Message(b"a"), Message(b"b")])
        kill(queue, "one")
        [leased] = queue.pull("two", 1)
        dead = queue.dead_letters.letters("one", 9)

    with closing(SqliteQueue(path, TERMS, clock)) as queue:
        assert queue.dead_letters.letters("one", 9) == dead
        assert [each.message.data for each in queue.pull("two", 9)] == [b"b"]
        queue.ack("two", [leased.ack_id])
        assert queue.count("two") == 1


def test_no_id_comes_back_after_all_are_gone(path: Path) -> None:
    seen = []
    for _ in range(3):
        with closing(SqliteQueue(path, {"one": ONCE}, SetClock())) as queue:
            queue.publish("logs", [Message(b"a")])
            [delivery] = queue.pull("one", 9)
            queue.ack("one", [delivery.ack_id])
            seen.append((delivery.message_id, delivery.ack_id))
    assert len({*seen}) == len({message_id for message_id, _ in seen}) == len(seen)


def test_a_queue_and_documents_share_a_file(path: Path) -> None:
    with (
        closing(SqliteQueue(path, TERMS, SetClock())) as queue,
        closing(SqliteDocuments(path, [])) as documents,
    ):
        queue.publish("logs", [Message(b"a")])
        documents.commit([Put("tenants/acme", {"n": 1})])
        assert queue.count("one") == 1
        assert documents.get(["tenants/acme"]) != [None]


def test_the_longest_backoff_there_is_does_not_overflow() -> None:
    terms = Subscription("t", minimum_backoff=timedelta(days=1), maximum_backoff=timedelta.max)
    assert terms.backoff(10_000) == timedelta.max
