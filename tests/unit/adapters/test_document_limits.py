"""The limits of a document: what is refused, where, and in which words."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from vigil.adapters.document_limits import checked_size
from vigil.errors import PermanentError

PATH = "tenants/acme/incidents/i1"


def nested(depth: int) -> object:
    value: object = "bottom"
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(math.nan, "NaN", id="NaN"),
        pytest.param([math.inf], "infinities", id="infinity in a list"),
        pytest.param({"a": -math.inf}, "infinities", id="infinity in a map"),
        pytest.param(2**63, "64 bits", id="an integer too large"),
        pytest.param(-(2**63) - 1, "64 bits", id="an integer too small"),
        pytest.param("a\udfff", "surrogate", id="a lone surrogate"),
        pytest.param({"\ud800": 1}, "surrogate", id="a lone surrogate in a name"),
        pytest.param(datetime(2026, 1, 1), "naive", id="a naive datetime"),  # noqa: DTZ001 - the case itself
        pytest.param(
            datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "years", id="before the year 1"
        ),
        pytest.param(
            datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))), "years", id="too late"
        ),
        pytest.param([1, [2]], "list", id="a list in a list"),
        pytest.param({"a": [{"b": [[1]]}]}, "list", id="a list in a list, deep down"),
        pytest.param((1, 2), "tuple", id="a tuple"),
        pytest.param({1}, "set", id="a set"),
        pytest.param(bytearray(b"a"), "bytearray", id="a bytearray"),
        pytest.param(timedelta(1), "timedelta", id="a timedelta"),
        pytest.param({1: 2}, "name", id="a name that is no text"),
        pytest.param({"": 2}, "name", id="an empty name"),
        pytest.param({"a": {"____": 2}}, "name", id="a reserved name"),
        pytest.param({"__\n__": 2}, "name", id="a reserved name over two lines"),
        pytest.param({"ä" * 751: 2}, "1500", id="a name of 1502 bytes"),
        pytest.param(nested(21), "20", id="too deep"),
    ],
)
def test_a08_a11_a_value_that_no_document_can_hold_is_refused(value: object, reason: str) -> None:
    with pytest.raises(PermanentError, match=reason) as refusal:
        checked_size(PATH, {"fine": 1, "odd": value})
    assert f"field 'odd' of {PATH}" in str(refusal.value)


def test_a_refusal_quotes_no_value() -> None:
    with pytest.raises(PermanentError) as refusal:
        checked_size(PATH, {"text": "secret \ud800"})
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is not None
    assert "secret" not in repr(refusal.value.__cause__)


def test_twenty_lists_and_maps_may_lie_in_each_other() -> None:
    assert checked_size(PATH, {"deep": nested(20)}) > 0


@pytest.mark.parametrize(
    ("value", "size"),
    [
        pytest.param(None, 1, id="None"),
        pytest.param(True, 1, id="a boolean"),
        pytest.param(7, 8, id="an integer"),
        pytest.param(7.5, 8, id="a float"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), 8, id="a datetime"),
        pytest.param("äb", 4, id="a text and one"),
        pytest.param(b"abc", 3, id="bytes"),
        pytest.param(["a", 1], 10, id="a list"),
        pytest.param({"ab": 1, "c": {"d": None}}, 3 + 8 + 2 + 2 + 1, id="a map and its names"),
    ],
)
def test_a_value_has_the_size_that_firestore_counts(value: object, size: int) -> None:
    empty = checked_size(PATH, {})
    assert checked_size(PATH, {"v": value}) == empty + 2 + size


def test_the_largest_document_is_taken_and_one_byte_more_is_not() -> None:
    room = 1_048_487 - checked_size(PATH, {"state": b""})

    assert checked_size(PATH, {"state": b"x" * room}) == 1_048_487
    with pytest.raises(PermanentError, match="1048488 bytes"):
        checked_size(PATH, {"state": b"x" * (room + 1)})
