"""Documents in SQLite: the embedded runtime's store, and the fake of every test."""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from vigil.adapters.document_limits import (
    LARGEST_INTEGER,
    SMALLEST_INTEGER,
    check_amount,
    checked_size,
    split_path,
)
from vigil.adapters.sqlite_file import SqliteFile
from vigil.adapters.sqlite_format import packed, unpacked
from vigil.adapters.sqlite_queries import SqliteQuery
from vigil.errors import PermanentError, PreconditionFailed, UndeclaredQuery
from vigil.ports import (
    DeclaredQuery,
    Delete,
    Document,
    Existence,
    Increment,
    OfVersion,
    Precondition,
    Put,
    Write,
)

# The blob comes last, so that reading the other columns never walks through it.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    parent TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL,
    of_tenant INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, blob BLOB NOT NULL,
    PRIMARY KEY (parent, collection, id)
);
CREATE TABLE IF NOT EXISTS commits (latest INTEGER NOT NULL);
INSERT INTO commits SELECT 0 WHERE NOT EXISTS (SELECT * FROM commits)
"""
_AT = "WHERE parent = ? AND collection = ? AND id = ?"
_READ = f"SELECT parent, collection, id, version, body, blob FROM documents {_AT}"
_WRITE = """
INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body, blob = excluded.blob
"""

_Key = tuple[str, str, str]
_Step = Callable[[sqlite3.Connection, int], None]


class SqliteDocuments:
    """The Documents port on one SQLite database, for the threads of several processes.

    `path` may be `":memory:"`. It holds documents to Firestore's limits (`document_limits`). A
    version is the number of the commit that wrote the document, and never comes back. A commit
    survives the death of the process, though the latest may not survive a loss of power. Unlike in
    Firestore, None and booleans sort after numbers, and lists and maps in no useful place.
    """

    def __init__(self, path: str | Path, queries: Collection[DeclaredQuery]) -> None:
        """Open or create the database and whatever index the declared `queries` still lack.

        Raises InvalidSettings if `path` cannot be opened as a database.
        """
        self._queries = {query: SqliteQuery.of(query) for query in queries}
        indexes = (query.create_index for query in self._queries.values())
        self._file = SqliteFile(path, ";".join([_SCHEMA, *indexes]))

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        """Return the documents at `paths`, in that order, None where there is none."""
        keys = [split_path(path) for path in paths]
        with self._file.snapshot() as connection:
            rows = [connection.execute(_READ, key).fetchone() for key in keys]
        return [_document(row) if row else None for row in rows]

    def commit(self, writes: Sequence[Write]) -> None:
        """Make all `writes`, in their order, or none.

        Raises PreconditionFailed if a precondition does not hold, and PermanentError for a write
        that no store would take.
        """
        steps = [_step(write) for write in writes]
        with self._file.transaction() as connection:
            version = _next_version(connection)
            for step in steps:
                step(connection, version)

    def query(
        self,
        query: DeclaredQuery,
        *,
        parent: str = "",
        equal: Mapping[str, object] | None = None,
        bound: object = None,
        limit: int | None = None,
    ) -> list[Document]:
        """Return the documents of a declared query, at most `limit`, as the port promises.

        A document without the field that orders the query is not returned; a range only finds
        values of the kind of its `bound`.
        """
        if query not in self._queries:
            raise UndeclaredQuery(f"{query.name} is not in the table of declared queries")
        asked = self._queries[query]
        arguments = asked.arguments(parent, equal or {}, bound, limit)
        with self._file.snapshot() as connection:
            rows = connection.execute(asked.select, arguments).fetchall()
        return [_document(row) for row in rows]

    def close(self) -> None:
        """Close the database; nothing can be asked of it afterwards."""
        self._file.close()


def _document(row: tuple[str, str, str, int, str, bytes]) -> Document:
    parent, collection, name, version, body, blob = row
    path = f"{parent}/{collection}/{name}" if parent else f"{collection}/{name}"
    return Document(path, unpacked(body, blob), str(version))


def _step(write: Write) -> _Step:
    """Return what is to be done once the database is ours; all that can be done before, is."""
    key = split_path(write.path)
    if isinstance(write, Put):
        checked_size(write.path, write.fields)
        return partial(_put, key, write.when, packed(write.fields))
    if isinstance(write, Delete):
        return partial(_delete, key, write.when)
    return partial(_increment, key, _checked_increment(write))


def _checked_increment(write: Increment) -> Increment:
    for amount in write.amounts.values():
        check_amount(amount)
    if write.amounts.keys() & write.fields.keys():
        raise PermanentError(f"{write.path}: a field is either set or added to")
    return write


def _next_version(connection: sqlite3.Connection) -> int:
    connection.execute("UPDATE commits SET latest = latest + 1")
    version: int = connection.execute("SELECT latest FROM commits").fetchone()[0]
    return version


def _put(
    key: _Key,
    when: Precondition,
    content: tuple[str, bytearray],
    connection: sqlite3.Connection,
    version: int,
) -> None:
    _require(connection, key, when)
    of_tenant = key[0].startswith("tenants/") and key[0].count("/") == 1
    connection.execute(_WRITE, (*key, of_tenant, version, *content))


def _delete(key: _Key, when: Precondition, connection: sqlite3.Connection, _version: int) -> None:
    _require(connection, key, when)
    connection.execute(f"DELETE FROM documents {_AT}", key)


def _increment(key: _Key, write: Increment, connection: sqlite3.Connection, version: int) -> None:
    row = connection.execute(_READ, key).fetchone()
    before = _document(row).fields if row else {}
    counters = {name: _sum(before.get(name), amount) for name, amount in write.amounts.items()}
    fields = {**before, **write.fields, **counters}
    checked_size(write.path, fields)
    _put(key, None, packed(fields), connection, version)


def _sum(before: object, amount: int) -> int | float:
    """Add as Firestore does: what is no number counts as nothing, and integers stop at 64 bits."""
    if isinstance(before, float):
        return before + amount
    if isinstance(before, bool) or not isinstance(before, int):
        return amount
    return max(SMALLEST_INTEGER, min(LARGEST_INTEGER, before + amount))


def _require(connection: sqlite3.Connection, key: _Key, when: Precondition) -> None:
    if when is None:
        return
    row = connection.execute(f"SELECT version FROM documents {_AT}", key).fetchone()
    if not _holds(when, str(row[0]) if row else None):
        raise PreconditionFailed(f"{'/'.join(key).lstrip('/')} was written by somebody else")


def _holds(when: Existence | OfVersion, version: str | None) -> bool:
    if isinstance(when, OfVersion):
        return when.version == version
    return (version is not None) == (when is Existence.PRESENT)
