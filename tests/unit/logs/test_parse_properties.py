"""Whatever arrives, a parser gives a bounded value or raises InvalidLogEntry."""

from collections.abc import Callable

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOON, raw_entry
from vigil.errors import InvalidLogEntry
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.logs.payload import MESSAGE_LIMIT
from vigil.logs.push_message import PushMessage
from vigil.model.outcome import Outcomes

KEYS = st.sampled_from(
    [
        *raw_entry(),
        *("labels", "httpRequest", "split", "trace", "spanId", "textPayload", "jsonPayload"),
        *("protoPayload", "serviceContext", "service", "span", "parentSpanId", "type", "status"),
        *("code", "message", "stack_trace", "err", "methodName", "level", "SeverityNumber"),
        *("attributes", "Resource", "requestUrl", "requestMethod", "latency", "duration_ms"),
        *("uid", "index", "totalSplits", "project_id", "endpoint", "route", "seconds", "nanos"),
    ]
)
TEXTS = st.one_of(
    st.text(st.characters(), max_size=40),
    st.sampled_from(
        [
            *(
                "projects/p/logs/l",
                "projects//logs/",
                "k8s_container",
                "\ud800",
                "a\0b",
                "0",
                "9" * 500,
            ),
            *("0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "2026-01-20T12:00:00Z", "1e400s"),
            *("http://[::1/x?y", "/a//b;c/{d}/7", "://", "ERROR", "Traceback (most recent"),
        ]
    ),
)
SCALARS = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(2**63) - 1, 2**64, 1e308]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(KEYS, TEXTS), inner, max_size=6)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=12)


def checked(entry: LogEntry) -> None:
    names = (entry.service, entry.endpoint, entry.log_id, entry.project_id)
    ids = (entry.trace_id or "", entry.span_id or "", entry.parent_span_id or "")
    assert len(entry.digest) == 16
    assert max(map(len, names)) <= 200
    assert max(map(len, ids)) <= 128
    assert len(entry.message) <= MESSAGE_LIMIT
    assert entry.occurred_at.utcoffset() == entry.received_at.utcoffset() == NOON - NOON
    assert entry.latency_us is None or entry.latency_us >= 0
    batch = LogBatch("b", "t", NOON, (entry,), Outcomes())
    assert LogBatch.parse(batch.to_bytes()) == batch


def parsed_or_invalid(raw: bytes | str | dict[str, object]) -> None:
    try:
        entry = LogEntry.parse(raw, received_at=NOON)
    except InvalidLogEntry:
        return
    checked(entry)


@given(OBJECTS)
@settings(max_examples=200)
def test_a11_any_object_becomes_an_entry(fields: dict[str, object]) -> None:
    checked(LogEntry.parse(fields, received_at=NOON))


@given(OBJECTS)
@settings(max_examples=150)
def test_a08_any_object_written_by_orjson_becomes_an_entry(fields: dict[str, object]) -> None:
    try:
        content = orjson.dumps(raw_entry() | fields)
    except orjson.JSONEncodeError:
        # Surrogates and large numbers: what orjson cannot write, the test before has covered.
        content = orjson.dumps(raw_entry())
    checked(LogEntry.parse(content, received_at=NOON))


@given(st.binary(max_size=200))
@settings(max_examples=150)
def test_a06_any_bytes_are_an_entry_or_invalid(raw: bytes) -> None:
    parsed_or_invalid(raw)
    parsed_or_invalid(b"\x1f\x8b" + raw)


@given(st.data())
@settings(max_examples=150)
def test_a06_any_damage_to_an_entry_leaves_an_entry_or_invalid(data: st.DataObject) -> None:
    raw = bytearray(orjson.dumps(raw_entry(httpRequest={"requestUrl": "/a/7", "status": 200})))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    parsed_or_invalid(bytes(raw))
    parsed_or_invalid(bytes(raw).decode("latin-1"))


@pytest.mark.parametrize("parse", [PushMessage.parse, LogBatch.parse], ids=["push", "batch"])
@given(
    raw=st.one_of(
        st.binary(max_size=100),
        st.dictionaries(
            st.sampled_from(["message", "data", "data_base64", "entries", "outcomes", "batch_id"]),
            VALUES,
            max_size=4,
        ),
    )
)
@settings(max_examples=100)
def test_a06_any_body_is_read_or_invalid(
    parse: Callable[[bytes], object], raw: bytes | dict[str, object]
) -> None:
    try:
        body = raw if isinstance(raw, bytes) else orjson.dumps(raw)
    except orjson.JSONEncodeError:
        body = str(raw).encode("utf-8", "replace")
    try:
        result = parse(body)
    except InvalidLogEntry:
        return
    assert isinstance(result, PushMessage | LogBatch)
