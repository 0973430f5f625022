"""A queue in SQLite: the embedded runtime's Pub/Sub, at least once, with dead letters."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import orjson

from vigil.adapters.delivery import Delivery, Subscription, terms_of
from vigil.adapters.instants import instant_of, microseconds_of
from vigil.adapters.message_limits import check_message
from vigil.adapters.sqlite_dead_letters import SqliteDeadLetters
from vigil.adapters.sqlite_file import SqliteFile
from vigil.errors import PermanentError
from vigil.ports import Clock, Message

__all__ = ["Delivery", "SqliteQueue", "Subscription"]

_UNNEEDED = """
WHEN NOT EXISTS (SELECT * FROM deliveries WHERE message = OLD.message)
AND NOT EXISTS (SELECT * FROM dead_letters WHERE message = OLD.message)
BEGIN DELETE FROM messages WHERE id = OLD.message; END
"""
# No id is ever given twice (AUTOINCREMENT), so a stale ack id stays stale, even after a replay.
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, published_at INTEGER NOT NULL,
    attributes TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, message INTEGER NOT NULL,
    due_at INTEGER NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, leased INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, message INTEGER NOT NULL,
    died_at INTEGER NOT NULL, attempts INTEGER NOT NULL, reported INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (subscription, due_at, id);
CREATE INDEX IF NOT EXISTS deliveries_of ON deliveries (message);
CREATE INDEX IF NOT EXISTS dead_letters_in ON dead_letters (subscription, reported, id);
CREATE INDEX IF NOT EXISTS dead_letters_of ON dead_letters (message);
CREATE TRIGGER IF NOT EXISTS delivered AFTER DELETE ON deliveries {_UNNEEDED};
CREATE TRIGGER IF NOT EXISTS forgotten AFTER DELETE ON dead_letters {_UNNEEDED}
"""
_DUE = """
SELECT deliveries.id, attempt, messages.id, published_at, attributes, body
FROM deliveries JOIN messages ON messages.id = message
WHERE subscription = ? AND due_at <= ? ORDER BY due_at, deliveries.id LIMIT ?
"""
_LEASED = "id = ? AND attempt = ? AND subscription = ? AND leased"
_BURY = """
INSERT INTO dead_letters (subscription, message, died_at, attempts)
SELECT subscription, message, ?, attempt FROM deliveries WHERE id = ?
"""


class SqliteQueue:
    """Topics and subscriptions on one SQLite database, for the threads of several processes.

    `path` may be `":memory:"`, and may be the file of a SqliteDocuments. Every process that shares
    a file gives the same `subscriptions`: a message goes to those that the publisher knew of. A
    name that is no subscription is refused with a PermanentError.

    Every subscription is given its messages in the order of their publication, so ordering keys are
    not kept. One that is tried again comes after what was published meanwhile, whatever its key.
    """

    def __init__(
        self,
        path: str | Path,
        subscriptions: Mapping[str, Subscription],
        clock: Clock,
        topics: Collection[str] = (),
    ) -> None:
        """Open or create the queue; `topics` names those whose messages only others read.

        Raises InvalidSettings if `path` cannot be opened as a database.
        """
        self._subscriptions = dict(subscriptions)
        self._topics = {*topics, *(terms.topic for terms in subscriptions.values())}
        self._clock = clock
        self._file = SqliteFile(path, _SCHEMA)
        self.dead_letters = SqliteDeadLetters(self._file, self._subscriptions, clock)

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Return when all `messages` are kept for every subscription of `topic`, or raise.

        Raises PermanentError for an unknown topic and for a message that Pub/Sub would not take.
        """
        if topic not in self._topics:
            raise PermanentError(f"no topic {topic!r}, only {sorted(self._topics)}")
        now = self._now()
        rows = [(now, _attributes(message), message.data) for message in messages]
        readers = [name for name, terms in self._subscriptions.items() if terms.topic == topic]
        if not readers:
            return
        with self._file.transaction() as connection:
            for row in rows:
                _keep(connection, row, readers)

    def pull(self, subscription: str, limit: int) -> list[Delivery]:
        """Lease and return at most `limit` messages, the longest due first.

        Messages whose last lease has run out become dead letters here.
        """
        terms, now = self._terms(subscription), self._now()
        lease_ends = microseconds_of(instant_of(now) + terms.ack_deadline)
        with self._file.transaction() as connection:
            rows = _due(connection, subscription, now, limit, terms.max_attempts)
            connection.executemany(
                "UPDATE deliveries SET attempt = attempt + 1, leased = 1, due_at = ? WHERE id = ?",
                [(lease_ends, row[0]) for row in rows],
            )
        return [_delivery(row) for row in rows]

    def ack(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """Forget messages that are done; the ack id of an earlier attempt does nothing."""
        self._terms(subscription)
        with self._file.transaction() as connection:
            connection.executemany(
                f"DELETE FROM deliveries WHERE {_LEASED}", _leases(subscription, ack_ids)
            )

    def nack(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """Refuse messages: each is due again after its backoff, or becomes a dead letter."""
        terms, now = self._terms(subscription), self._now()
        with self._file.transaction() as connection:
            for lease in _leases(subscription, ack_ids):
                _refuse(connection, lease, terms, now)

    def count(self, subscription: str) -> int:
        """Return how many messages are not yet acknowledged, leased ones included."""
        return self._number("SELECT count(*) FROM deliveries", subscription) or 0

    def waiting_since(self, subscription: str) -> datetime | None:
        """Return when the oldest message not yet acknowledged was published; None without one."""
        select = "SELECT min(published_at) FROM deliveries JOIN messages ON messages.id = message"
        published_at = self._number(select, subscription)
        return None if published_at is None else instant_of(published_at)

    def next_due_at(self, subscription: str) -> datetime | None:
        """Return when a message is due, or a lease runs out, the next time; None if there is none.

        It lies in the past while messages wait.
        """
        due_at = self._number("SELECT min(due_at) FROM deliveries", subscription)
        return None if due_at is None else instant_of(due_at)

    def close(self) -> None:
        """Close the queue; nothing can be asked of it afterwards."""
        self._file.close()

    def _now(self) -> int:
        return microseconds_of(self._clock())

    def _terms(self, subscription: str) -> Subscription:
        return terms_of(self._subscriptions, subscription)

    def _number(self, select: str, subscription: str) -> int | None:
        self._terms(subscription)
        with self._file.snapshot() as connection:
            row = connection.execute(f"{select} WHERE subscription = ?", (subscription,))
            number: int | None = row.fetchone()[0]
        return number


def _attributes(message: Message) -> str:
    check_message(message)
    return orjson.dumps(dict(message.attributes)).decode()


def _keep(
    connection: sqlite3.Connection, row: tuple[int, str, bytes], readers: Sequence[str]
) -> None:
    message = connection.execute(
        "INSERT INTO messages (published_at, attributes, body) VALUES (?, ?, ?)", row
    ).lastrowid
    connection.executemany(
        "INSERT INTO deliveries (subscription, message, due_at) VALUES (?, ?, ?)",
        [(reader, message, row[0]) for reader in readers],
    )


def _due(
    connection: sqlite3.Connection, subscription: str, now: int, limit: int, max_attempts: int
) -> list[tuple[int, int, int, int, str, bytes]]:
    while True:
        rows = connection.execute(_DUE, (subscription, now, max(limit, 0))).fetchall()
        exhausted = [row[0] for row in rows if row[1] >= max_attempts]
        if not exhausted:
            return rows
        for delivery in exhausted:
            _bury(connection, delivery, now)


def _refuse(
    connection: sqlite3.Connection, lease: tuple[str, str, str], terms: Subscription, now: int
) -> None:
    row = connection.execute(f"SELECT id, attempt FROM deliveries WHERE {_LEASED}", lease)
    for delivery, attempt in row.fetchall():
        if attempt >= terms.max_attempts:
            _bury(connection, delivery, now)
            continue
        due_at = microseconds_of(instant_of(now) + terms.backoff(attempt))
        connection.execute(
            "UPDATE deliveries SET leased = 0, due_at = ? WHERE id = ?", (due_at, delivery)
        )


def _bury(connection: sqlite3.Connection, delivery: int, now: int) -> None:
    connection.execute(_BURY, (now, delivery))
    connection.execute("DELETE FROM deliveries WHERE id = ?", (delivery,))


def _leases(subscription: str, ack_ids: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for ack_id in ack_ids:
        delivery, _, attempt = ack_id.partition(".")
        yield delivery, attempt, subscription


def _delivery(row: tuple[int, int, int, int, str, bytes]) -> Delivery:
    delivery, earlier, message_id, published_at, attributes, body = row
    attempt = earlier + 1
    message = Message(body, orjson.loads(attributes))
    return Delivery(
        f"{delivery}.{attempt}", message, str(message_id), instant_of(published_at), attempt
    )
