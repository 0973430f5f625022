"""What is true of documents in SQLite alone: its file, its indexes, its limits."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from enum import IntEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.children import child, said, tell
from tests.contract.declared_queries import BY_PATH, EVERYWHERE, NEWEST_FIRST, QUERIES, RANK_UP_TO
from vigil.adapters.document_limits import checked_size
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queries import SqliteQuery
from vigil.errors import InvalidSettings, PermanentError, TransientError
from vigil.model.severity import Severity
from vigil.ports import DeclaredQuery, Delete, Documents, Increment, Operator, Put

PATH = "tenants/acme/incidents/i1"
PROCESSES = 4
COMMIT_AND_WAIT = """
import sys
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.ports import Put
documents = SqliteDocuments(sys.argv[1], [])
documents.commit([Put("tenants/acme", {"n": 1}), Put("tenants/other", {"n": 2})])
print("committed", flush=True)
sys.stdin.read()
"""
COUNT_WITH_OTHERS = """
import sys
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.ports import Increment
print("ready", flush=True)
sys.stdin.readline()
documents = SqliteDocuments(sys.argv[1], [])
for _ in range(20):
    documents.commit([Increment("tenants/acme", {"n": 1})])
print("counted", flush=True)
"""
DIE_WHILE_WRITING = """
import sys
from vigil.adapters.sqlite_documents import SqliteDocuments
documents = SqliteDocuments(sys.argv[1], [])
with documents._file.transaction() as connection:
    connection.execute("DELETE FROM documents")
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def documents() -> Iterator[Documents]:
    with closing(SqliteDocuments(":memory:", QUERIES)) as opened:
        yield opened


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_b06_every_query_is_answered_from_its_index_alone(
    tmp_path: Path, query: DeclaredQuery
) -> None:
    path = tmp_path / "vigil.db"
    SqliteDocuments(path, QUERIES).close()
    arguments = [*"1" * SqliteQuery.of(query).select.count("?")]

    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {SqliteQuery.of(query).select}", arguments
        ).fetchall()

    [(*_, step)] = plan
    assert "USING INDEX documents-v1-" in step
    assert step.count("=?") == len(query.equal) + (not query.across_tenants)
    assert (">?" in step) == (query.order_by is not None)


def test_a_document_costs_no_index_of_another_collection(tmp_path: Path) -> None:
    path = tmp_path / "vigil.db"
    SqliteDocuments(path, QUERIES).close()

    with closing(sqlite3.connect(path)) as connection:
        indexes = connection.execute(
            "SELECT origin, partial FROM pragma_index_list('documents')"
        ).fetchall()

    assert set(indexes) == {("c", 1), ("pk", 0)}


def test_the_outbox_of_all_tenants_is_what_lies_right_below_a_tenant(documents: Documents) -> None:
    documents.commit(
        [
            Put("tenants/a/outbox/n1", {}),
            Put("outbox/n2", {}),
            Put("tenants/a/incidents/i1/outbox/n3", {}),
            Put("people/p1/outbox/n4", {}),
        ]
    )
    assert [found.path for found in documents.query(EVERYWHERE)] == ["tenants/a/outbox/n1"]


def test_documents_survive_closing_and_a_new_query_finds_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "vigil.db"
    with closing(SqliteDocuments(path, [])) as documents:
        documents.commit([Put(PATH, {"started_at": 1, "state": b"\x00"})])
        before = documents.get([PATH])

    with closing(SqliteDocuments(path, [NEWEST_FIRST])) as documents:
        assert documents.get([PATH]) == before
        assert documents.query(NEWEST_FIRST, parent="tenants/acme") == before
        documents.commit([Delete(PATH), Put(PATH, {})])
        assert documents.get([PATH]) != before


def test_what_is_committed_survives_the_killing_of_its_process(tmp_path: Path) -> None:
    path = tmp_path / "vigil.db"
    with child(COMMIT_AND_WAIT, str(path)) as writer:
        assert said(writer) == "committed"
        writer.kill()
        assert writer.wait() == -9

    with closing(SqliteDocuments(path, [])) as documents:
        found = documents.get(["tenants/acme", "tenants/other"])
    assert [one and one.fields for one in found] == [{"n": 1}, {"n": 2}]


def test_processes_that_open_a_new_file_at_once_and_count_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "vigil.db"
    with ExitStack() as stack:
        counters = [
            stack.enter_context(child(COUNT_WITH_OTHERS, str(path))) for _ in range(PROCESSES)
        ]
        assert [said(counter) for counter in counters] == ["ready"] * PROCESSES
        for counter in counters:
            tell(counter, "go")
        assert [said(counter) for counter in counters] == ["counted"] * PROCESSES

    with closing(SqliteDocuments(path, [])) as documents:
        [found] = documents.get(["tenants/acme"])
    assert found is not None
    assert found.fields == {"n": 20 * PROCESSES}


def test_a_process_killed_while_it_writes_leaves_nothing_of_it_and_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "vigil.db"
    with closing(SqliteDocuments(path, [])) as documents:
        documents.commit([Put("tenants/acme", {"n": 1})])
        with child(DIE_WHILE_WRITING, str(path)) as writer:
            assert said(writer) == "writing"
            writer.kill()
            writer.wait()

        documents.commit([Increment("tenants/acme", {"n": 1})])
        [found] = documents.get(["tenants/acme"])
    assert found is not None
    assert found.fields == {"n": 2}


def test_a_database_that_fails_says_to_try_again(tmp_path: Path) -> None:
    path = tmp_path / "vigil.db"
    with closing(SqliteDocuments(path, [])) as documents:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TABLE commits")
        with pytest.raises(TransientError, match="commits"):
            documents.commit([Put("tenants/acme", {})])
        assert documents.get(["tenants/acme"]) == [None]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.mkdir(), id="a folder"),
        pytest.param(lambda path: path.write_text("x" * 4096), id="some other file"),
        pytest.param(lambda path: path.parent.rmdir(), id="nowhere"),
    ],
)
def test_what_is_no_database_is_named(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "folder" / "vigil.db"
    path.parent.mkdir()
    make(path)
    with pytest.raises(InvalidSettings, match=r"vigil\.db"):
        SqliteDocuments(path, [])


@pytest.mark.parametrize(
    "senseless",
    [
        pytest.param(DeclaredQuery("q", "a'b"), id="a collection that is no id"),
        pytest.param(DeclaredQuery("q", "c", equal=("a.b",)), id="a path for a field"),
        pytest.param(DeclaredQuery("q", "c", order_by="a'"), id="no name for a field"),
        pytest.param(DeclaredQuery("q", "c", operator=Operator.AT_MOST), id="a range of nothing"),
    ],
)
def test_a_query_that_makes_no_sense_cannot_be_declared(senseless: DeclaredQuery) -> None:
    with pytest.raises(PermanentError):
        SqliteDocuments(":memory:", [senseless])


def test_an_increment_cannot_grow_a_document_beyond_its_limit(documents: Documents) -> None:
    room = 1_048_487 - checked_size(PATH, {"state": b""})
    documents.commit([Put(PATH, {"state": b"x" * room})])

    with pytest.raises(PermanentError, match="bytes"):
        documents.commit([Increment(PATH, {"n": 1})])


@pytest.mark.parametrize("amount", [True, 1.5, "1", None, 2**63])
def test_a_counter_grows_by_an_integer(documents: Documents, amount: int) -> None:
    with pytest.raises(PermanentError):
        documents.commit([Increment(PATH, {"n": amount})])


def test_a_field_cannot_be_set_and_added_to_at_once(documents: Documents) -> None:
    with pytest.raises(PermanentError, match="either"):
        documents.commit([Increment(PATH, {"n": 1}, {"n": 1})])


class Level(IntEnum):
    ERROR = 500


def test_members_of_enumerations_come_back_as_plain_values(documents: Documents) -> None:
    documents.commit([Put(PATH, {"severity": Severity.HIGH, "level": Level.ERROR})])

    [found] = documents.get([PATH])
    assert found is not None
    assert {name: type(value) for name, value in found.fields.items()} == {
        "severity": str,
        "level": int,
    }


NAMES = st.text(min_size=1, max_size=5).filter(lambda name: not name.startswith("__"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.datetimes(timezones=st.timezones()),
)
MAPS = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(NAMES, inner | st.lists(inner), max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, MAPS, max_size=4))
def test_a11_whatever_is_put_is_what_is_got(fields: dict[str, object]) -> None:
    with closing(SqliteDocuments(":memory:", [])) as documents:
        documents.commit([Put(PATH, fields)])
        [found] = documents.get([PATH])
    assert found is not None
    assert found.fields == fields


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.floats(-1e300, 1e300), min_size=1, max_size=12),
    st.data(),
)
def test_numbers_are_compared_exactly(numbers: list[float], data: st.DataObject) -> None:
    bound = data.draw(st.sampled_from(numbers))
    with closing(SqliteDocuments(":memory:", [RANK_UP_TO, BY_PATH])) as documents:
        documents.commit(
            [
                Put(f"tenants/acme/incidents/i{index:02}", {"rank": number})
                for index, number in enumerate(numbers)
            ]
        )
        found = documents.query(RANK_UP_TO, parent="tenants/acme", bound=bound)
    assert [one.fields["rank"] for one in found] == sorted(n for n in numbers if n <= bound)
