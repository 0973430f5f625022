"""The dead letters of the embedded queue."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import orjson

from vigil.adapters.delivery import Subscription, terms_of
from vigil.adapters.instants import instant_of, microseconds_of
from vigil.adapters.sqlite_file import SqliteFile
from vigil.ports import Clock, DeadLetter, Message

_DEAD = """
SELECT dead_letters.id, attempts, died_at, messages.id, published_at, attributes, body
FROM dead_letters JOIN messages ON messages.id = message
WHERE subscription = ? AND reported <= ? ORDER BY dead_letters.id LIMIT ?
"""
_REDELIVER = """
INSERT INTO deliveries (subscription, message, due_at)
SELECT subscription, message, ? FROM dead_letters WHERE id = ?
"""
_FORGET = "DELETE FROM dead_letters WHERE reported AND died_at < ?"
_UNREPORTED, _ANY = 0, 1


class SqliteDeadLetters:
    """DeadLetters of a SqliteQueue, in its file; for several processes, as the queue is.

    A dead letter is due for its own subscription alone when it is replayed.
    """

    def __init__(
        self, file: SqliteFile, subscriptions: Mapping[str, Subscription], clock: Clock
    ) -> None:
        self._file = file
        self._subscriptions = subscriptions
        self._clock = clock

    def letters(self, subscription: str, limit: int) -> list[DeadLetter]:
        """Return at most `limit` dead letters, the first to die first."""
        return self._read(subscription, _ANY, limit)

    def replay(self, subscription: str, revive: Callable[[DeadLetter], None]) -> int:
        """Make the dead letters due now, with all their attempts again; return how many."""
        count = 0
        # -1 is no limit; those that die meanwhile are not among them, so this comes to an end.
        for letter in self._read(subscription, _ANY, -1):
            revive(letter)
            count += self._redeliver(letter)
        return count

    def unreported(self, subscription: str, limit: int) -> list[DeadLetter]:
        """Return at most `limit` dead letters that `mark_reported` was not told of.

        Whoever accounts for them does so first and marks them afterwards, so each is accounted for
        at least once; `dead_letter_id` tells a second time from the first.
        """
        return self._read(subscription, _UNREPORTED, limit)

    def mark_reported(self, dead_letter_ids: Sequence[str]) -> None:
        """Say that these dead letters are accounted for; they stay dead letters."""
        with self._file.transaction() as connection:
            connection.executemany(
                "UPDATE dead_letters SET reported = 1 WHERE id = ?",
                [(dead_letter_id,) for dead_letter_id in dead_letter_ids],
            )

    def forget(self, until: datetime) -> int:
        """Delete reported dead letters of before `until` and unneeded messages; return how many."""
        with self._file.transaction() as connection:
            return connection.execute(_FORGET, (microseconds_of(until),)).rowcount

    def _redeliver(self, letter: DeadLetter) -> int:
        """Return 1, or 0 if somebody else has replayed it meanwhile."""
        now = microseconds_of(self._clock())
        with self._file.transaction() as connection:
            connection.execute(_REDELIVER, (now, letter.dead_letter_id))
            return connection.execute(
                "DELETE FROM dead_letters WHERE id = ?", (letter.dead_letter_id,)
            ).rowcount

    def _read(self, subscription: str, reported: int, limit: int) -> list[DeadLetter]:
        terms_of(self._subscriptions, subscription)
        with self._file.snapshot() as connection:
            rows = connection.execute(_DEAD, (subscription, reported, limit)).fetchall()
        return [_dead_letter(row) for row in rows]


def _dead_letter(row: tuple[int, int, int, int, int, str, bytes]) -> DeadLetter:
    dead_letter, attempts, died_at, message_id, published_at, attributes, body = row
    return DeadLetter(
        str(dead_letter),
        Message(body, orjson.loads(attributes)),
        str(message_id),
        instant_of(published_at),
        instant_of(died_at),
        attempts,
    )
