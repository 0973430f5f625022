"""Nothing that arrives as a log entry can do harm: it is normalised or it is invalid."""

import gzip
import json

import orjson
import pytest

from tests.builders import NOON, raw_entry
from vigil.errors import InvalidLogEntry
from vigil.logs.json_text import SIZE_LIMIT
from vigil.logs.log_entry import LogEntry
from vigil.logs.payload import MESSAGE_LIMIT

DEPTH_BOMB = b'{"jsonPayload": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def with_payload(text: str) -> bytes:
    return b'{"timestamp": "2026-01-20T12:00:00Z", "jsonPayload": ' + text.encode() + b"}"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(b"", "empty", id="a06 nothing"),
        pytest.param(b" \n", "empty", id="a06 spaces"),
        pytest.param(b"ERROR it broke", "not JSON", id="a06 text"),
        pytest.param(b'{"a": ', "not JSON", id="a06 cut off"),
        pytest.param(b"[1, 2]", "not an object", id="a06 list"),
        pytest.param(b"null", "not an object", id="a06 null"),
        pytest.param(b"NaN", "not an object", id="a07 not a number"),
        pytest.param(DEPTH_BOMB, "nested too deeply", id="a07 depth bomb"),
        pytest.param(b"[" * 500_000, "nested too deeply", id="a07 open depth bomb"),
        pytest.param(
            with_payload('{"a": NaN, "b": ' + "[" * 300 + "]" * 300 + "}"),
            "nested too deeply",
            id="a07 depth and NaN",
        ),
        pytest.param(b"\x00\xff\xfe\x01binary", "not JSON", id="a10 binary"),
        pytest.param(b"\x1f\x8bnot gzip", "damaged gzip", id="a10 not gzip"),
        pytest.param(gzip.compress(b"{}" * 50)[:-4], "damaged gzip", id="a10 cut gzip"),
        pytest.param(gzip.compress(b"{}") + b"more", "damaged gzip", id="a10 more after gzip"),
        pytest.param(gzip.compress(b" " * 200_000), "inflates too far", id="a10 ratio"),
        pytest.param(gzip.compress(b"\0" * 50_000_000), "inflates too far", id="a10 bomb"),
        pytest.param(b'"' + b"x" * SIZE_LIMIT + b'"', "too large", id="a09 too large"),
    ],
)
def test_what_cannot_be_read_is_invalid_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidLogEntry) as caught:
        LogEntry.parse(raw, received_at=NOON)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        pytest.param('{"message": "m", "a": NaN}', "m", id="a07 NaN"),
        pytest.param('{"message": "m", "a": -Infinity}', "m", id="a07 infinity"),
        pytest.param('{"a": 1e400}', '{"a":null}', id="a07 overflow"),
        pytest.param('{"a": ' + "9" * 5000 + "}", '{"a":null}', id="a07 5000 digits"),
        pytest.param('{"a": ' + "9" * 30 + "}", '{"a":1e+30}', id="a07 30 digits"),
        pytest.param('{"message": "1", "message": "2"}', "2", id="a07 duplicate keys"),
        pytest.param(r'{"message": "a\ud800b"}', "a�b", id="a08 lone surrogate"),
        pytest.param(r'{"message": "\ud83d\ude00"}', "😀", id="a08 surrogate pair"),
        pytest.param(r'{"message": "a\u0000b"}', "ab", id="a08 NUL"),
        pytest.param(r'{"message": "a\ud800\u0000b"}', "a�b", id="a08 both"),
        pytest.param(r'{"message": "\u202eabc\u200b"}', "\u202eabc\u200b", id="a08 direction"),
        pytest.param('{"message": "tab\there"}', "tab\there", id="a06 control character"),
        pytest.param('{"__x__": 1, "": 2}', '{"":2,"__x__":1}', id="a11 reserved and empty keys"),
        pytest.param('{"k8s.io/app": "x"}', '{"k8s.io/app":"x"}', id="a11 dots and slashes"),
    ],
)
def test_what_can_be_normalised_is_kept(payload: str, message: str) -> None:
    assert LogEntry.parse(with_payload(payload)).message == message


def test_a08_broken_utf_8_is_kept_with_replacement_characters() -> None:
    raw = with_payload('{"message": "caf?"}').replace(b"?", b"\xe9")
    assert LogEntry.parse(raw).message == "caf�"


def test_a08_a_text_and_an_object_with_surrogates_are_kept() -> None:
    raw = raw_entry(textPayload="a\ud800\0b", labels={"\ud800": "\udfff"})
    assert LogEntry.parse(raw).message == "a�b"
    assert LogEntry.parse(json.dumps(raw)).message == "a�b"
    assert LogEntry.parse(json.dumps(raw, ensure_ascii=False)).message == "a�b"


def test_a07_an_object_with_numbers_beyond_json_is_kept() -> None:
    raw = raw_entry(jsonPayload={"a": 10**5000, "b": float("inf"), "c": NOON, "d": b"bytes"})
    assert (
        LogEntry.parse(raw).message
        == '{"a":null,"b":null,"c":"2026-01-20T12:00:00+00:00","d":null}'
    )


def test_a07_an_object_that_contains_itself_is_invalid() -> None:
    raw = raw_entry()
    raw["jsonPayload"] = raw
    with pytest.raises(InvalidLogEntry, match="nested too deeply"):
        LogEntry.parse(raw)


def test_a07_a_payload_too_deep_to_be_shown_keeps_its_entry() -> None:
    entry = LogEntry.parse(with_payload('{"a": ' + "[" * 500 + "]" * 500 + "}"))
    assert (entry.message, entry.occurred_at) == ("", NOON)


def test_a11_21000_keys_are_shown_within_the_message_s_limit() -> None:
    payload = {f"key.{number}/__x__": number for number in range(21_000)}
    entry = LogEntry.parse(orjson.dumps(raw_entry(jsonPayload=payload)))
    assert len(entry.message) == MESSAGE_LIMIT
    assert entry.original_size == len(orjson.dumps(payload))


@pytest.mark.parametrize(
    ("size", "kept", "original_size"),
    [
        pytest.param(0, 0, None, id="empty"),
        pytest.param(1, 1, None, id="one"),
        pytest.param(MESSAGE_LIMIT - 1, MESSAGE_LIMIT - 1, None, id="below"),
        pytest.param(MESSAGE_LIMIT, MESSAGE_LIMIT, None, id="at"),
        pytest.param(MESSAGE_LIMIT + 1, MESSAGE_LIMIT, MESSAGE_LIMIT + 1, id="above"),
        pytest.param(256 * 1024, MESSAGE_LIMIT, 256 * 1024, id="largest entry"),
        pytest.param(512 * 1024, MESSAGE_LIMIT, 512 * 1024, id="largest audit entry"),
    ],
)
def test_a09_a_message_is_cut_at_its_limit(size: int, kept: int, original_size: int | None) -> None:
    entry = LogEntry.parse(orjson.dumps(raw_entry(textPayload="x" * size)))
    assert (len(entry.message), entry.original_size) == (kept, original_size)
    assert ("[cut]" in entry.message) is (original_size is not None)


def test_a09_both_ends_of_a_long_stack_trace_are_kept() -> None:
    text = "java.lang.Error: first\n" + "  at line\n" * 5000 + "ValueError: last"
    message = LogEntry.parse(raw_entry(textPayload=text)).message
    assert message.startswith("java.lang.Error: first\n")
    assert message.endswith("ValueError: last")


def test_a10_a_compressed_entry_is_inflated() -> None:
    raw = orjson.dumps(raw_entry(textPayload="added to cart"))
    assert LogEntry.parse(gzip.compress(raw)).message == "added to cart"


@pytest.mark.parametrize("junk", [None, 5, "x", [], {}, True, [[]], {"a": {}}], ids=repr)
def test_a11_fields_of_the_wrong_kind_are_passed_over(junk: object) -> None:
    names = [*raw_entry(), "labels", "httpRequest", "operation", "trace", "spanId", "split"]
    names += ["sourceLocation", "textPayload", "jsonPayload", "protoPayload"]
    entry = LogEntry.parse(orjson.dumps(dict.fromkeys(names, junk)), received_at=NOON)
    assert entry.received_at == NOON
    assert entry.project_id == ""
