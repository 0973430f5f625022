"""A batch arrives as it was sent, from this version, the one before and the one after."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from tests.builders import NOON, raw_entry
from vigil.errors import InvalidLogEntry
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity
from vigil.model.outcome import Outcomes

BARE = LogEntry(
    digest="0123456789abcdef",
    project_id="shop",
    log_id="stdout",
    service="cart",
    endpoint="",
    occurred_at=NOON,
    received_at=NOON + timedelta(microseconds=1),
    severity=LogSeverity.DEFAULT,
    message="added é",
)
FULL = replace(
    BARE,
    endpoint="POST /cart/{id}",
    severity=LogSeverity.ERROR,
    severity_inferred=True,
    failed=True,
    status=500,
    latency_us=0,
    trace_id="7f3a",
    span_id="b1",
    parent_span_id="b0",
    split=("u", 0, 2),
    original_size=9000,
    late=True,
    source="3fa2b1",
    traits=(("revision", "cart-00042"),),
    user="3fa2b2",
    customer="b23fa2",
)
BATCH = LogBatch(
    "v1-batch", "acme", NOON, (BARE, FULL), Outcomes(received=4, invalid=1, filtered=1)
)
# What version 1 wrote when it was the only one: a reader of any later version has to take it.
GOLDEN = (
    b'{"schema_version":1,"batch_id":"v1-batch","tenant_id":"acme",'
    b'"flushed_at":"2026-01-20T12:00:00Z","outcomes":{"received":1},"entries":['
    b'{"digest":"0123456789abcdef","project_id":"shop","log_id":"stdout","service":"cart",'
    b'"endpoint":"","message":"added","occurred_at":"2026-01-20T12:00:00Z",'
    b'"received_at":"2026-01-20T12:00:00Z","severity":0}]}'
)


def damaged(**fields: object) -> bytes:
    return orjson.dumps(orjson.loads(BATCH.to_bytes()) | fields)


def with_record(**fields: object) -> bytes:
    record = orjson.loads(BATCH.to_bytes())["entries"][1]
    changed = {name: value for name, value in (record | fields).items() if value != "gone"}
    return damaged(entries=[changed])


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(BATCH, id="entries"),
        pytest.param(replace(BATCH, entries=(), outcomes=Outcomes()), id="nothing"),
        pytest.param(
            replace(
                BATCH, entries=(LogEntry.parse(raw_entry(httpRequest={"requestUrl": "/a"})),) * 500
            ),
            id="parsed entries",
        ),
    ],
)
def test_a_batch_arrives_as_it_was_sent(batch: LogBatch) -> None:
    assert LogBatch.parse(batch.to_bytes()) == batch


def test_fields_at_their_defaults_are_not_sent() -> None:
    bare, full = orjson.loads(BATCH.to_bytes())["entries"]
    assert len(bare) == 9
    assert len(full) == 23


def test_a22_the_first_version_s_message_is_read() -> None:
    expected = replace(BARE, message="added", received_at=NOON)
    assert LogBatch.parse(GOLDEN) == LogBatch(
        "v1-batch", "acme", NOON, (expected,), Outcomes(received=1)
    )


def test_a22_entries_of_the_version_without_traits_and_users_are_read() -> None:
    batch = LogBatch.parse(with_record(traits="gone", user="gone", customer="gone"))
    assert batch.entries == (replace(FULL, traits=(), user=None, customer=None),)


def test_a22_a_newer_version_s_fields_are_passed_over() -> None:
    content = damaged(
        schema_version=2,
        region="europe",
        outcomes={"received": 1, "sampled": 5},
        entries=[orjson.loads(GOLDEN)["entries"][0] | {"host": {"name": "x"}, "status": None}],
    )
    batch = LogBatch.parse(content)
    assert batch.entries[0].status is None
    assert batch.outcomes == Outcomes(received=1)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(BATCH.to_bytes()[:-9], id="cut off"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"{}", id="nothing in it"),
        pytest.param(damaged(batch_id=7), id="batch id"),
        pytest.param(damaged(tenant_id=""), id="no tenant"),
        pytest.param(damaged(flushed_at="soon"), id="time"),
        pytest.param(damaged(outcomes=[1]), id="outcomes"),
        pytest.param(damaged(outcomes={"received": -1}), id="negative outcome"),
        pytest.param(damaged(outcomes={"received": "1"}), id="outcome as text"),
        pytest.param(damaged(entries=None), id="no entries"),
        pytest.param(damaged(entries=["x"]), id="entry is text"),
        pytest.param(with_record(digest="gone"), id="missing field"),
        pytest.param(with_record(message=5), id="message is a number"),
        pytest.param(with_record(occurred_at="x"), id="time of an entry"),
        pytest.param(with_record(received_at=None), id="no time of an entry"),
        pytest.param(with_record(severity=450), id="no such severity"),
        pytest.param(with_record(severity=[]), id="severity is a list"),
        pytest.param(with_record(failed=1), id="flag is a number"),
        pytest.param(with_record(status=True), id="status is a flag"),
        pytest.param(with_record(source=7), id="source is a number"),
        pytest.param(with_record(traits=[["zone"]]), id="trait without a value"),
        pytest.param(with_record(user=7), id="user is a number"),
        pytest.param(with_record(split=["u", 0]), id="split of two"),
        pytest.param(with_record(split=["u", "0", 2]), id="split of text"),
    ],
)
def test_a_damaged_batch_is_invalid(content: bytes) -> None:
    with pytest.raises(InvalidLogEntry, match="damaged batch"):
        LogBatch.parse(content)
