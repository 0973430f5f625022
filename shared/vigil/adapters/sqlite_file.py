"""One SQLite database, shared safely by the threads of a process and by several processes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from vigil.errors import InvalidSettings, TransientError

_BUSY_SECONDS = 30.0
_PAUSE_SECONDS = 0.01


class SqliteFile:
    """One SQLite database with a schema; `":memory:"` keeps it in this object alone.

    What a transaction wrote survives the death of the process at any later moment; the latest
    transactions may not survive a loss of power. Threads take turns on one connection, processes
    wait for each other up to 30 s. Do not carry it over a fork.
    """

    def __init__(self, path: str | Path, schema: str) -> None:
        """Open or create the database; `schema` must be harmless where it already stands.

        Raises InvalidSettings if `path` cannot be opened as a database.
        """
        self._lock = Lock()
        try:
            self._connection = _connect(path, schema)
        except sqlite3.DatabaseError as error:
            raise InvalidSettings(f"cannot open the database {path}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or, on any error, nothing; no one else writes meanwhile.

        Raises TransientError when the database is busy for too long or its disk is full.
        """
        with self._session("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Read as of one instant; raises TransientError as `transaction` does."""
        with self._session("BEGIN") as connection:
            yield connection

    @contextmanager
    def _session(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._connection:
                self._connection.execute(begin)
                yield self._connection
        except sqlite3.OperationalError as error:
            raise TransientError(f"the database failed this time: {error}") from error

    def close(self) -> None:
        """Close the database; nothing can be asked of it afterwards."""
        with self._lock:
            self._connection.close()


def _connect(path: str | Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    _persistently(connection, "PRAGMA journal_mode = WAL")
    # The operating system has every commit before it returns, so a killed process loses nothing.
    # A loss of power may take the latest commits; it leaves the file whole.
    connection.execute("PRAGMA synchronous = NORMAL")
    # A script commits what is open before it starts, so its transaction is part of it.
    connection.executescript(f"BEGIN IMMEDIATE; {schema}; COMMIT")
    return connection


def _persistently(connection: sqlite3.Connection, statement: str) -> None:
    """Execute what SQLite itself does not wait for while another process opens the same file."""
    ends_at = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends_at:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return
