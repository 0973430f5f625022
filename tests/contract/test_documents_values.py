"""What a document can hold and where it can lie, in every store."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.contract.reading import OTHER, PATH, fields
from vigil.errors import PermanentError
from vigil.ports import Documents, Increment, Put

VALUES: dict[str, object] = {
    "None": None,
    "true": True,
    "false": False,
    "zero": 0,
    "the smallest integer": -(2**63),
    "the largest integer": 2**63 - 1,
    "an integer that no float can hold": 2**53 + 1,
    "a float": 0.1,
    "a whole float": 1.0,
    "a tiny float": 5e-324,
    "the largest float": 1.7976931348623157e308,
    "an empty text": "",
    "a text beyond ASCII": "grüße 😀 \u202eabc\u200b",
    "a text with control characters": 'a\nb\t"\\\x00\x01\x7f',
    "a text like a date": "2026-01-20T10:30:15Z",
    "empty bytes": b"",
    "all bytes": bytes(range(256)),
    "200 kB of bytes": bytes(range(250)) * 800,
    "a datetime": datetime(2026, 1, 20, 10, 30, 15, tzinfo=UTC),
    "a datetime with microseconds": datetime(2026, 1, 20, 10, 30, 15, 999_999, tzinfo=UTC),
    "a datetime before 1970": datetime(1912, 6, 23, 0, 0, 0, 1, tzinfo=UTC),
    "the first datetime": datetime(1, 1, 1, tzinfo=UTC),
    "the last datetime": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "an empty list": [],
    "a list of everything": [
        None,
        True,
        1,
        1.5,
        "a",
        b"a",
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
    "an empty map": {},
    "a map in a map": {"state": {"sketch": b"\x00\xff", "seen": [{"at": b"1"}, b"2"]}},
    "names that no variable has": {"k8s.io/app": 1, "a.b": 2, "a b": 3, "`": 4, "0": 5, "é😀": 6},
    "names like Firestore's own": {"_a_": 1, "__a": 2, "a__": 3, "$": 4, "\\": 5, '"': 6},
}


@pytest.mark.parametrize("value", [pytest.param(value, id=name) for name, value in VALUES.items()])
def test_a_value_comes_back_exactly_as_it_was_put(documents: Documents, value: object) -> None:
    documents.commit([Put(PATH, {"value": value, "k8s.io/app": value})])

    # Equality alone would take 1 for True and for 1.0.
    assert repr(sorted_names(fields(documents))) == repr(
        sorted_names({"value": value, "k8s.io/app": value})
    )


def sorted_names(value: object) -> object:
    """Return `value` with its maps in the order of their names, which no store has to keep."""
    if isinstance(value, dict):
        return {name: sorted_names(value[name]) for name in sorted(value)}
    return [sorted_names(item) for item in value] if isinstance(value, list) else value


def test_a_datetime_of_another_zone_comes_back_in_utc(documents: Documents) -> None:
    at = datetime(2026, 3, 29, 2, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    documents.commit([Put(PATH, {"at": at})])

    assert repr(fields(documents)) == repr({"at": at.astimezone(UTC)})


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param({"value": [[1]]}, id="a list in a list"),
        pytest.param({"": 1}, id="a field without a name"),
        pytest.param({"value": {"": 1}}, id="a name without letters in a map"),
        pytest.param({"__x__": 1}, id="a reserved name"),
        pytest.param({"value": {"__x__": 1}}, id="a reserved name in a map"),
        pytest.param({"value": "\ud800"}, id="a lone surrogate"),
        pytest.param({"value": 2**63}, id="an integer beyond 64 bits"),
        pytest.param({"value": datetime(2026, 1, 1)}, id="a naive datetime"),  # noqa: DTZ001 - the case itself
        pytest.param({"value": {1}}, id="a set"),
        pytest.param({"value": b"x" * 1_048_577}, id="more than 1 MiB"),
    ],
)
def test_a08_a11_what_no_document_can_hold_is_refused_for_good(
    documents: Documents, unfit: Mapping[str, object]
) -> None:
    for write in (Put(PATH, unfit), Increment(PATH, {"count": 1}, unfit)):
        with pytest.raises(PermanentError):
            documents.commit([Put(OTHER, {}), write])
    assert documents.get([PATH, OTHER]) == [None, None]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tenants",
        "tenants/",
        "/tenants/a",
        "tenants/a/incidents",
        "tenants/../x/y",
        "tenants/a/b/..",
        "tenants/a//b",
        "tenants/a b",
        "tenants/__x__",
        "tenants/ä",
        "tenants/a\x00",
        "tenants/" + "a" * 129,
    ],
)
def test_d04_a_path_that_names_no_document_is_refused(documents: Documents, path: str) -> None:
    with pytest.raises(PermanentError):
        documents.get([path])
    with pytest.raises(PermanentError):
        documents.commit([Put(path, {})])
