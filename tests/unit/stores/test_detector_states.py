"""What is remembered of a service, and of which entries it has seen."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.detection.detect import observe
from vigil.detection.service_state import ServiceState
from vigil.errors import PermanentError, PreconditionFailed
from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Thresholds
from vigil.ports import Put
from vigil.stores.detector_states import SEEN_HORIZON, DetectorStates, ReadState, SeenEntries
from vigil.stores.queries import DECLARED, EXPIRED

ROOT = "tenants/acme"


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as opened:
        yield opened


def entries(count: int, *, minute: int = 0, name: int = 0) -> list[LogEntry]:
    at = NOON + timedelta(minutes=minute)
    return [
        log_entry(digest=f"{name:08x}{number:08x}", occurred_at=at + timedelta(seconds=number))
        for number in range(count)
    ]


def read(states: DetectorStates, documents: SqliteDocuments, service: str = "shop") -> ReadState:
    path = states.path(ROOT, service)
    return states.read(path, documents.get([path])[0], service)


def learned(state: ServiceState, count: int, name: int = 0) -> ServiceState:
    return observe(state, entries(count, name=name), thresholds=Thresholds(), calls={}).state


def take_in(documents: SqliteDocuments, taken: list[LogEntry], seconds: float = 0) -> int:
    """Return how many of `taken` were new; remember them as a batch does."""
    seen = SeenEntries(ROOT, "shop", taken)
    now = NOON + timedelta(seconds=seconds)
    fresh, writes = seen.sort_out(taken, documents.get(seen.paths), now)
    documents.commit(writes)
    return len(fresh)


def test_a_service_never_heard_of_has_the_empty_state(documents: SqliteDocuments) -> None:
    assert read(DetectorStates(documents), documents).state == ServiceState("shop")


def test_c09_a_restarted_detector_goes_on_from_what_was_written(
    documents: SqliteDocuments,
) -> None:
    states = DetectorStates(documents)
    path, before = states.path(ROOT, "shop"), read(states, documents)
    after = learned(before.state, 5)
    kept = states.write(path, before, after)
    documents.commit([kept])
    states.remember(kept, after)

    # The same object: it was not decoded.
    assert read(states, documents).state is after
    restarted = read(DetectorStates(documents), documents)
    assert restarted.state == after
    assert DetectorStates(documents).of_tenant(ROOT) == [(path, restarted)]


def test_what_another_instance_wrote_is_read_in_place_of_what_is_remembered(
    documents: SqliteDocuments,
) -> None:
    mine, theirs = DetectorStates(documents), DetectorStates(documents)
    path = mine.path(ROOT, "shop")
    first = read(mine, documents)
    kept = mine.write(path, first, learned(first.state, 1))
    documents.commit([kept])
    mine.remember(kept, learned(first.state, 1))
    second = read(theirs, documents)
    newer = learned(second.state, 3, name=1)
    documents.commit([theirs.write(path, second, newer)])

    assert read(mine, documents).state == newer


def test_a_state_whose_commit_was_lost_is_not_remembered(documents: SqliteDocuments) -> None:
    mine, theirs = DetectorStates(documents), DetectorStates(documents)
    path = mine.path(ROOT, "shop")
    before = read(mine, documents)
    winner = learned(before.state, 3)
    documents.commit([theirs.write(path, read(theirs, documents), winner)])
    with pytest.raises(PreconditionFailed):
        documents.commit([mine.write(path, before, learned(before.state, 9, name=1))])

    assert read(mine, documents).state == winner


def test_states_that_are_remembered_have_an_end(documents: SqliteDocuments) -> None:
    states = DetectorStates(documents)
    for number in range(700):
        service = f"s{number}"
        path, before = states.path(ROOT, service), read(states, documents, service)
        after = replace(before.state, watermark=NOON)
        kept = states.write(path, before, after)
        documents.commit([kept])
        states.remember(kept, after)

    assert len(states._remembered) == 500
    assert read(states, documents, "s0").state.watermark == NOON
    assert len(states.of_tenant(ROOT)) == 700


def test_a_damaged_state_is_said_to_be_one(documents: SqliteDocuments) -> None:
    states = DetectorStates(documents)
    path = states.path(ROOT, "shop")
    documents.commit([Put(path, {"service": "shop", "revision": 1, "state": b"no"})])

    with pytest.raises(PermanentError):
        read(states, documents)


@pytest.mark.parametrize("service", ["", "../x", "a/b", "__x__", "\N{SNOWMAN}" * 900])
def test_d04_the_name_of_a_service_never_leaves_the_tenant(
    documents: SqliteDocuments, service: str
) -> None:
    path = DetectorStates(documents).path(ROOT, service)
    seen = SeenEntries(ROOT, service, [log_entry()])

    assert path.startswith("tenants/acme/baselines/v1-")
    assert [each.count("/") for each in (path, *seen.paths)] == [3, 3]


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

    assert len(SeenEntries(ROOT, "shop", spread).paths) == 4
    assert take_in(documents, spread) == 12
    assert take_in(documents, spread[::-1]) == 0


def test_what_is_seen_does_not_depend_on_the_order_in_which_it_came(
    documents: SqliteDocuments,
) -> None:
    seen = SeenEntries(ROOT, "shop", entries(9))
    _, forwards = seen.sort_out(entries(9), [None], NOON)
    _, backwards = seen.sort_out(entries(9)[::-1], [None], NOON)

    assert forwards == backwards


def test_a_batch_that_brings_nothing_new_writes_nothing(documents: SqliteDocuments) -> None:
    take_in(documents, entries(3))
    seen = SeenEntries(ROOT, "shop", entries(3))

    assert seen.sort_out(entries(3), documents.get(seen.paths), NOON) == ([], [])


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
