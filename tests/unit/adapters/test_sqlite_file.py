"""Who may read and write a shared database, and when."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from vigil.adapters.sqlite_file import SqliteFile

SCHEMA = "CREATE TABLE IF NOT EXISTS counts (n INTEGER)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vigil.db"


@pytest.fixture
def file(path: Path) -> Iterator[SqliteFile]:
    with closing(SqliteFile(path, SCHEMA)) as opened:
        yield opened


@pytest.fixture
def other(path: Path, file: SqliteFile) -> Iterator[sqlite3.Connection]:
    """Another program's connection, which does not wait."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        yield connection


def counts(connection: sqlite3.Connection) -> list[int]:
    return [n for (n,) in connection.execute("SELECT n FROM counts ORDER BY n")]


def test_a_transaction_has_the_writing_for_itself_from_its_start(
    file: SqliteFile, other: sqlite3.Connection
) -> None:
    with file.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("INSERT INTO counts VALUES (1)")

    other.execute("INSERT INTO counts VALUES (2)")
    assert counts(other) == [2]


def test_a_snapshot_stays_as_it_was_and_hinders_nobody(
    file: SqliteFile, other: sqlite3.Connection
) -> None:
    other.execute("INSERT INTO counts VALUES (1)")
    with file.snapshot() as connection:
        assert counts(connection) == [1]
        other.execute("INSERT INTO counts VALUES (2)")
        assert counts(connection) == [1]

    with file.snapshot() as connection:
        assert counts(connection) == [1, 2]


def test_a_transaction_that_is_left_by_an_error_writes_nothing(
    file: SqliteFile, other: sqlite3.Connection
) -> None:
    def write_and_fail() -> None:
        with file.transaction() as connection:
            connection.execute("INSERT INTO counts VALUES (1)")
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()

    assert counts(other) == []
    with file.transaction() as connection:
        connection.execute("INSERT INTO counts VALUES (2)")
    assert counts(other) == [2]
