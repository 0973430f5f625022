"""Entries come out of a file whatever it is wrapped in, and whatever stands between them."""

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tests.builders import raw_entry
from vigil.errors import InvalidLogEntry, InvalidRequest
from vigil.local.log_file import read_entries
from vigil.logs.json_text import read_object

ENTRIES = [raw_entry(insertId=f"a{n}", textPayload=f'"{n}" [\\] {{ü}} \n') for n in range(3)]
LINES = b"".join(json.dumps(entry).encode() + b"\n" for entry in ENTRIES)
ARRAY = json.dumps(ENTRIES, indent=2, ensure_ascii=False).encode()


def write(folder: Path, content: bytes) -> str:
    path = folder / "export"
    path.write_bytes(content)
    return str(path)


def ids_in(name: str) -> list[object]:
    """Return the insertId of each entry, or why it is none."""
    found: list[object] = []
    for entry in read_entries(name):
        assert isinstance(entry.raw, bytes | str)
        try:
            found.append(read_object(entry.raw).get("insertId"))
        except InvalidLogEntry as error:
            found.append(error.reason)
    return found


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(LINES, id="lines"),
        pytest.param(LINES.rstrip(b"\n"), id="no line break at the end"),
        pytest.param(LINES.replace(b"\n", b"\r\n\r\n"), id="lines with empty ones between"),
        pytest.param(b"\xef\xbb\xbf" + LINES, id="lines after a byte order mark"),
        pytest.param(ARRAY, id="array"),
        pytest.param(b"\xef\xbb\xbf \n" + ARRAY, id="array after a byte order mark"),
        pytest.param(json.dumps(ENTRIES).encode(), id="array in one line"),
        pytest.param(
            b"\n".join(json.dumps([entry]).encode() for entry in ENTRIES), id="several arrays"
        ),
        pytest.param(
            b"\n".join(json.dumps(entry, indent=1).encode() for entry in ENTRIES),
            id="objects over several lines",
        ),
        pytest.param(gzip.compress(LINES), id="lines in gzip"),
        pytest.param(gzip.compress(ARRAY), id="array in gzip"),
        pytest.param(gzip.compress(LINES[:50]) + gzip.compress(LINES[50:]), id="two gzip members"),
        pytest.param(lzma.compress(LINES), id="lines in xz"),
        pytest.param(lzma.compress(ARRAY), id="array in xz"),
    ],
)
def test_all_wrappings_give_the_same_entries(tmp_path: Path, content: bytes) -> None:
    assert ids_in(write(tmp_path, content)) == ["a0", "a1", "a2"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]", b" [ ]\n", gzip.compress(b"", mtime=0)])
def test_a_file_may_hold_no_entry(tmp_path: Path, content: bytes) -> None:
    assert ids_in(write(tmp_path, content)) == []


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        pytest.param(b'"text"', "not an object", id="text"),
        pytest.param(b"17", "not an object", id="number"),
        pytest.param(b"null", "not an object", id="null"),
        pytest.param(b"nonsense", "not JSON", id="word"),
        pytest.param(b'{"a": nonsense}', "not JSON", id="object with a word"),
        pytest.param(b'{"a": }', "not JSON", id="object without a value"),
        pytest.param(b'{"a": ' * 5000 + b"1" + b"}" * 5000, "nested too deeply", id="deep"),
        pytest.param(b'{"n": %s}' % (b"9" * 5000), None, id="long number"),
        pytest.param(b'{"n": [NaN, Infinity, 1e400]}', None, id="no numbers"),
        pytest.param(b'{"t": "\\ud800 \\" ] } "}', None, id="lone surrogate, quoted brackets"),
    ],
)
@pytest.mark.parametrize("wrap", [b"[%s,\n%s, %s]", b"%s\n%s\n%s\n"], ids=["array", "lines"])
def test_a06_a07_one_bad_entry_leaves_its_neighbours_alone(
    tmp_path: Path, wrap: bytes, poison: bytes, reason: str | None
) -> None:
    good = [json.dumps(raw_entry(insertId=name)).encode() for name in ("before", "after")]

    found = ids_in(write(tmp_path, wrap % (good[0], poison, good[1])))

    assert found == ["before", reason, "after"]


def test_characters_of_several_bytes_survive_the_borders_of_what_is_read_at_once(
    tmp_path: Path,
) -> None:
    texts = ["ü" * 700_000, "€" * 500_000]

    for shift in range(3):
        padded = b" " * shift + json.dumps(texts, ensure_ascii=False).encode()
        found = [entry.raw for entry in read_entries(write(tmp_path, padded))]
        assert [json.loads(str(raw)) for raw in found] == texts


@pytest.mark.parametrize(
    ("content", "read"),
    [
        pytest.param(b"[" + LINES[:-1].replace(b"\n", b","), 3, id="array without an end"),
        pytest.param(ARRAY[:-20], 2, id="array within an entry"),
        pytest.param(gzip.compress(LINES)[:-4], 3, id="gzip"),
        pytest.param(gzip.compress(LINES)[:-8] + b"\0" * 8, 3, id="gzip with a wrong sum"),
    ],
)
def test_what_was_read_before_a_file_broke_off_is_there(
    tmp_path: Path, content: bytes, read: int
) -> None:
    entries = read_entries(write(tmp_path, content))

    for _ in range(read):
        next(entries)
    with pytest.raises(InvalidRequest, match=r"export: (breaks off|is damaged)"):
        next(entries)


def missing(folder: Path) -> str:
    return str(folder / "missing")


def damaged(folder: Path) -> str:
    return write(folder, lzma.compress(LINES)[:20] + b"damage")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(missing, "missing: No such file or directory", id="missing"),
        pytest.param(str, "Is a directory", id="a folder"),
        pytest.param(damaged, "export: is damaged", id="damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, make: Callable[[Path], str], told: str
) -> None:
    with pytest.raises(InvalidRequest, match=told):
        list(read_entries(make(tmp_path)))


def test_a09_an_endless_line_is_one_invalid_entry_and_is_not_held_whole(tmp_path: Path) -> None:
    size = (32 << 20) + 1000
    name = write(tmp_path, gzip.compress(b"x" * size + b"\n" + LINES, compresslevel=1))

    endless, *others = read_entries(name)

    assert isinstance(endless.raw, bytes)
    assert (len(endless.raw), endless.size_bytes) == (32 << 20, size + 1)
    assert len(others) == len(ENTRIES)


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    name, steps = write(tmp_path, gzip.compress(LINES)), list[int]()

    list(read_entries(name, steps.append))

    assert sum(steps) == Path(name).stat().st_size


def test_an_export_that_begins_with_the_newest_is_turned_round(tmp_path: Path) -> None:
    entries = [raw_entry(insertId=f"{n}", timestamp=1_800_000_000 - n) for n in range(2500)]

    found = ids_in(write(tmp_path, orjson.dumps(entries)))

    assert found == [str(n) for n in reversed(range(2500))]
