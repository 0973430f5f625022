"""Which entries of a service have been seen."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import PermanentError
from vigil.logs.log_entry import LogEntry
from vigil.ports import Delete, Put
from vigil.stores import seen_entries
from vigil.stores.queries import DECLARED, EXPIRED
from vigil.stores.seen_entries import SEEN_HORIZON, SeenEntries, digests_of, span_of

ROOT = "tenants/acme"


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as opened:
        yield opened


def entries(count: int, *, minute: int = 0, name: int = 0) -> list[LogEntry]:
    at = NOON + timedelta(minutes=minute)
    return [
        log_entry(digest=f"{name:08x}{number:08x}", occurred_at=at + timedelta(seconds=number % 9))
        for number in range(count)
    ]


def seen_by(documents: SqliteDocuments, taken: list[LogEntry]) -> SeenEntries:
    seen = SeenEntries(documents, ROOT, "shop")
    seen.learn_missing(span_of(entry) for entry in taken)
    return seen


def take_in(documents: SqliteDocuments, taken: list[LogEntry], seconds: float = 0) -> int:
    """Return how many of `taken` were new; remember them as a batch does."""
    seen = seen_by(documents, taken)
    fresh = seen.sort_out(taken)
    documents.commit(seen.writes(NOON + timedelta(seconds=seconds)))
    return len(fresh)


def forget(documents: SqliteDocuments, now: datetime) -> None:
    """Remove what has expired."""
    documents.commit([Delete(d.path) for d in documents.query(EXPIRED["seen"], bound=now)])


def writes(documents: SqliteDocuments, taken: list[LogEntry]) -> list[Put]:
    seen = seen_by(documents, taken)
    seen.sort_out(taken)
    return seen.writes(NOON)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a01_of_entries_in_one_batch_each_is_new_once(
    documents: SqliteDocuments, times: int
) -> None:
    assert take_in(documents, entries(10) * times) == 10


def test_a01_an_entry_that_comes_in_a_later_batch_is_known(documents: SqliteDocuments) -> None:
    assert take_in(documents, entries(10)) == 10
    assert take_in(documents, entries(12), seconds=1700) == 2


def test_entries_of_several_minutes_are_remembered_each_in_its_own(
    documents: SqliteDocuments,
) -> None:
    spread = [entry for minute in range(4) for entry in entries(3, minute=minute, name=minute)]

    assert len(writes(documents, spread)) == 4
    assert take_in(documents, spread) == 12
    assert take_in(documents, spread[::-1]) == 0


def test_what_is_seen_does_not_depend_on_the_order_in_which_it_came(
    documents: SqliteDocuments,
) -> None:
    assert writes(documents, entries(9)) == writes(documents, entries(9)[::-1])


def test_a_batch_that_brings_nothing_new_writes_nothing(documents: SqliteDocuments) -> None:
    take_in(documents, entries(3))

    assert writes(documents, entries(3)) == []


def test_digests_that_were_left_are_taken_in_all_or_not_at_all(documents: SqliteDocuments) -> None:
    take_in(documents, entries(3))
    left = digests_of(entries(5)[3:])

    seen = seen_by(documents, entries(5))
    assert not seen.add(digests_of(entries(5)))
    assert seen.writes(NOON) == []
    assert seen.add(left)
    assert not seen.add(left)
    documents.commit(seen.writes(NOON))
    assert take_in(documents, entries(6)) == 1


def test_b02_a_span_with_more_digests_than_a_document_should_hold_has_several(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_entries, "_DIGESTS", 10)
    assert [take_in(documents, entries(count)) for count in (8, 25, 25, 41)] == [8, 17, 0, 16]

    written = writes(documents, entries(42))
    # The last of five documents; the first four stay as they are.
    assert [put.path.rsplit("-", 1)[1] for put in written] == ["4"]
    assert take_in(documents, entries(41)[::-1]) == 0


def test_a01_the_documents_of_one_span_are_known_as_long_as_the_last_of_them(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_entries, "_DIGESTS", 10)
    assert take_in(documents, entries(12)) == 12
    for minute, count in ((25, 15), (50, 17), (75, 19)):
        forget(documents, NOON + timedelta(minutes=minute))
        assert take_in(documents, entries(count)[10:], seconds=60 * minute) > 0
        forget(documents, NOON + timedelta(minutes=minute) + timedelta(seconds=1799))
        assert take_in(documents, entries(count)[10:], seconds=60 * minute) == 0


def test_a01_a_span_with_several_documents_seldom_writes_the_first(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_entries, "_DIGESTS", 10)
    take_in(documents, entries(12))
    changed = []
    for count in range(13, 20):
        seen = seen_by(documents, entries(count))
        seen.sort_out(entries(count))
        written = seen.writes(NOON + timedelta(minutes=10 * (count - 12)))
        documents.commit(written)
        changed.append(len(written))

    assert changed == [1, 1, 1, 2, 1, 1, 1]


def test_what_was_seen_is_known_within_the_horizon_and_may_be_forgotten_after_it(
    documents: SqliteDocuments,
) -> None:
    take_in(documents, entries(3))

    def expired(after: timedelta) -> int:
        return len(documents.query(EXPIRED["seen"], bound=NOON + after))

    assert expired(SEEN_HORIZON - timedelta(seconds=1)) == 0
    assert expired(SEEN_HORIZON) == 1
    take_in(documents, entries(4), seconds=600)
    assert expired(SEEN_HORIZON) == 0


@pytest.mark.parametrize(
    "damage", [{"digests": "none"}, {"parts": None}, {"expires_at": 1}], ids=lambda d: next(iter(d))
)
def test_what_cannot_be_read_is_said_to_be_so(
    documents: SqliteDocuments, damage: dict[str, object]
) -> None:
    [put] = writes(documents, entries(3)[:1])
    documents.commit([Put(put.path, {**put.fields, **damage})])

    with pytest.raises(PermanentError):
        take_in(documents, entries(3)[:1])


@pytest.mark.parametrize("service", ["", "../x", "a/b", "__x__", "\N{SNOWMAN}" * 900])
def test_d04_the_name_of_a_service_never_leaves_the_tenant(
    documents: SqliteDocuments, service: str
) -> None:
    (path,) = SeenEntries(documents, ROOT, service).paths([7])

    assert path.startswith("tenants/acme/seen/v1-")
    assert path.count("/") == 3
