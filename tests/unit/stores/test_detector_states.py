"""What is remembered of a service, in one document or in several."""

import string
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import cast

import pytest

from tests.builders import NOON, log_entry
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.detection.detect import observe
from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import MOST_SHARDS, shard_of
from vigil.errors import PermanentError, PreconditionFailed
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity
from vigil.model.tenant import Thresholds
from vigil.ports import Put
from vigil.stores.detector_states import STATE_LIMIT_BYTES, DetectorStates, ReadService
from vigil.stores.queries import DECLARED

ROOT = "tenants/acme"


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as opened:
        yield opened


def entries(count: int, *, name: int = 0) -> list[LogEntry]:
    return [
        log_entry(digest=f"{name:08x}{number:08x}", occurred_at=NOON + timedelta(seconds=number))
        for number in range(count)
    ]


def failing(endpoints: int, *, first: int = 0) -> list[LogEntry]:
    """Return entries that no compression makes small: each endpoint fails in its own words."""
    return [
        log_entry(
            digest=f"{number:08x}{minute:08x}",
            endpoint=f"GET /{number}",
            occurred_at=NOON + timedelta(minutes=minute),
            received_at=NOON + timedelta(minutes=minute),
            severity=LogSeverity.ERROR,
            failed=True,
            message=" ".join(word(number * 60 + minute * 20 + n) for n in range(20)),
            trace_id=sha256(b"%d %d" % (number, minute)).hexdigest()[:32],
        )
        for number in range(first, first + endpoints)
        for minute in range(3)
    ]


def word(number: int) -> str:
    """Return ten letters that repeat nothing."""
    return "".join(
        string.ascii_lowercase[byte % 26] for byte in sha256(b"%d" % number).digest()[:10]
    )


def read(states: DetectorStates, documents: SqliteDocuments, service: str = "shop") -> ReadService:
    path = states.path(ROOT, service)
    (document,) = documents.get([path])
    return states.read(path, document, service, None)


def learned(state: ServiceState, taken: list[LogEntry]) -> ServiceState:
    return observe(state, taken, thresholds=Thresholds(), calls={}).state


def write(
    states: DetectorStates,
    documents: SqliteDocuments,
    before: ReadService,
    after: dict[int, ServiceState],
) -> None:
    written = states.write(before, after, NOON)
    documents.commit(written.puts)
    states.remember(written)


def observe_shards(
    states: DetectorStates, documents: SqliteDocuments, taken: list[LogEntry]
) -> None:
    """Take entries in as a batch does: each shard those of its endpoints."""
    before = read(states, documents)
    shards = {shard_of(entry.endpoint, before.shards) for entry in taken}
    before = states.with_shards(before, shards)
    after = {
        shard: learned(
            before.states[shard],
            [entry for entry in taken if shard_of(entry.endpoint, before.shards) == shard],
        )
        for shard in shards
    }
    write(states, documents, before, after)


def test_a_service_never_heard_of_has_the_empty_state(documents: SqliteDocuments) -> None:
    found = read(DetectorStates(documents), documents)

    assert dict(found.states) == {0: ServiceState("shop")}
    assert found.committed_at is None


def test_c09_a_restarted_detector_goes_on_from_what_was_written(
    documents: SqliteDocuments,
) -> None:
    states = DetectorStates(documents)
    before = read(states, documents)
    after = learned(before.states[0], entries(5))
    write(states, documents, before, {0: after})

    # The same object: it was not decoded.
    assert read(states, documents).states[0] is after
    restarted = read(DetectorStates(documents), documents)
    assert restarted.states[0] == after
    assert restarted.committed_at == NOON
    assert DetectorStates(documents).of_tenant(ROOT, None) == [restarted]


def test_what_another_instance_wrote_is_read_in_place_of_what_is_remembered(
    documents: SqliteDocuments,
) -> None:
    mine, theirs = DetectorStates(documents), DetectorStates(documents)
    first = read(mine, documents)
    write(mine, documents, first, {0: learned(first.states[0], entries(1))})
    second = read(theirs, documents)
    newer = learned(second.states[0], entries(3, name=1))
    write(theirs, documents, second, {0: newer})

    assert read(mine, documents).states[0] == newer


def test_a_state_whose_commit_was_lost_is_not_remembered(documents: SqliteDocuments) -> None:
    mine, theirs = DetectorStates(documents), DetectorStates(documents)
    before = read(mine, documents)
    winner = learned(before.states[0], entries(3))
    write(theirs, documents, read(theirs, documents), {0: winner})
    with pytest.raises(PreconditionFailed):
        write(mine, documents, before, {0: learned(before.states[0], entries(9, name=1))})

    assert read(mine, documents).states[0] == winner


def test_states_that_are_remembered_have_an_end(documents: SqliteDocuments) -> None:
    states = DetectorStates(documents)
    for number in range(700):
        before = read(states, documents, f"s{number}")
        write(states, documents, before, {0: replace(before.states[0], watermark=NOON)})

    assert len(states._remembered) == 500
    assert read(states, documents, "s0").states[0].watermark == NOON
    assert len(states.of_tenant(ROOT, None)) == 700


def test_a_damaged_state_is_said_to_be_one(documents: SqliteDocuments) -> None:
    states = DetectorStates(documents)
    fields = {"service": "shop", "committed_at": NOON, "state": b"no"}
    documents.commit([Put(states.path(ROOT, "shop"), fields)])

    with pytest.raises(PermanentError):
        read(states, documents)


def test_no_state_is_behind_the_instant_up_to_which_all_have_been_judged(
    documents: SqliteDocuments,
) -> None:
    states = DetectorStates(documents)
    before = read(states, documents)
    write(states, documents, before, {0: learned(before.states[0], entries(2))})
    later = NOON + timedelta(minutes=5)

    [found] = states.of_tenant(ROOT, later)
    assert found.states[0].watermark == later


@pytest.mark.slow
def test_a19_a_service_that_gets_large_is_split_until_no_document_passes_200_kb(
    documents: SqliteDocuments,
) -> None:
    states = DetectorStates(documents)
    for first in range(0, 500, 100):
        observe_shards(states, documents, failing(100, first=first))

    [found] = DetectorStates(documents).of_tenant(ROOT, None)
    assert 1 < found.shards < MOST_SHARDS
    assert sorted(found.states) == list(range(found.shards))
    stored = documents.get(list(states._remembered))
    sizes = [len(cast("bytes", document.fields["state"])) for document in stored if document]
    assert max(sizes) <= STATE_LIMIT_BYTES
    for start in (int(NOON.timestamp()) + 60 * minute for minute in range(3)):
        windows = [state.windows[start] for state in found.states.values()]
        assert sorted(name for series in windows for name in series) == sorted(
            f"GET /{number}" for number in range(500)
        )
        assert sum(window.entries for series in windows for window in series.values()) == 500


def test_only_the_shards_that_are_touched_are_read_and_written(documents: SqliteDocuments) -> None:
    states = DetectorStates(documents)
    before = read(states, documents)
    parts = {shard: ServiceState("shop", shard=shard, shards=4) for shard in range(4)}
    write(states, documents, replace(before, states={0: parts[0]}), parts)

    found = states.with_shards(read(DetectorStates(documents), documents), [2])
    assert sorted(found.states) == [0, 2]
    written = states.write(found, {2: learned(found.states[2], entries(1))}, NOON)
    assert [put.path[-2:] for put in written.puts[1:]] == ["-2"]
    assert [put.when is None for put in written.puts] == [False, True]


@pytest.mark.parametrize("service", ["", "../x", "a/b", "__x__", "\N{SNOWMAN}" * 900])
def test_d04_the_name_of_a_service_never_leaves_the_tenant(
    documents: SqliteDocuments, service: str
) -> None:
    path = DetectorStates(documents).path(ROOT, service)

    assert path.startswith("tenants/acme/baselines/v1-")
    assert path.count("/") == 3
