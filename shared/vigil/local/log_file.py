"""Log entries out of files: JSON lines, a JSON array, plain, gz, xz, or from standard input."""

import codecs
import gzip
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader, FileIO, RawIOBase

from typing_extensions import Buffer

from vigil.errors import InvalidRequest
from vigil.local.oldest_first import oldest_first
from vigil.local.raw_entry import RawEntry

_CHUNK_BYTES = 1 << 20
# Beyond this, it is no log entry.
_LONGEST = 32 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_XZ_MAGIC = b"\xfd7zXZ\x00"
# Several arrays in one file are taken like one.
_BETWEEN = re.compile(r"[\s,\[\]]*+")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALAR = re.compile(rf"{_STRING}|[^\s,\[\]{{\"]++", re.DOTALL)
_UP_TO_BRACKET = re.compile(rf'(?:[^"\[\]{{}}]++|{_STRING})*+([\[\]{{}}])', re.DOTALL)


class _Counted(RawIOBase):
    """A file that tells how much of it has been read, so that progress can be shown."""

    def __init__(self, file: RawIOBase, advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        size = self._file.readinto(buffer)
        self._advance(size or 0)
        return size


class _Unpacked(RawIOBase):
    """What is in a compressed file, a piece at a time: one that is damaged is read up to there."""

    def __init__(self, file: gzip.GzipFile | lzma.LZMAFile) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        piece = self._file.read1(len(view))
        view[: len(piece)] = piece
        return len(piece)


def read_entries(name: str, advance: Callable[[int], None] = lambda _: None) -> Iterator[RawEntry]:
    """Yield the entries in the file `name`, or in standard input for `-`, the oldest first.

    A file that begins with its newest entries, as `gcloud logging read` prints it, is turned round;
    any other is read one entry at a time. `advance` is told how many bytes of the file were read.
    Raises InvalidRequest for a file that cannot be opened or unpacked, for an array that breaks
    off, and for one that is too long to be turned round; what was read until then was yielded.
    """
    try:
        with _open(name) as file:
            content = _unpacked(BufferedReader(_Counted(file, advance), _CHUNK_BYTES))
            yield from oldest_first(_entries(content))
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is damaged"
        raise InvalidRequest(f"{name}: {reason}") from error
    except InvalidRequest as error:
        raise InvalidRequest(f"{name}: {error}") from error


def _open(name: str) -> RawIOBase:
    file = sys.stdin.fileno() if name == "-" else name
    return FileIO(file, "rb", closefd=name != "-")


def _unpacked(file: BufferedReader) -> BufferedReader:
    magic = file.peek(len(_XZ_MAGIC))
    if magic.startswith(_GZIP_MAGIC):
        return BufferedReader(_Unpacked(gzip.GzipFile(fileobj=file)), _CHUNK_BYTES)
    if magic.startswith(_XZ_MAGIC):
        return BufferedReader(_Unpacked(lzma.LZMAFile(file)), _CHUNK_BYTES)
    return file


def _entries(file: BufferedReader) -> Iterator[RawEntry]:
    start = file.peek(_CHUNK_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()
    # An object that goes on in the next line was made to be read by people.
    spread = start.startswith(b"[") or start.split(b"\n", 1)[0].strip() == b"{"
    return _elements(file) if spread else _lines(file)


def _lines(file: BufferedReader) -> Iterator[RawEntry]:
    while line := file.readline(_LONGEST):
        size = len(line) + _size_of_rest(line, file)
        raw = line.removeprefix(codecs.BOM_UTF8).strip()
        if raw:
            yield RawEntry(raw, size)


def _size_of_rest(line: bytes, file: BufferedReader) -> int:
    """Pass over what is left of a line that was too long to be read at once."""
    size = 0
    while len(line) == _LONGEST and not line.endswith(b"\n"):
        line = file.readline(_LONGEST)
        size += len(line)
    return size


def _elements(file: BufferedReader) -> Iterator[RawEntry]:
    """Yield the elements of arrays, holding a chunk of the file and one element at a time."""
    read = codecs.getincrementaldecoder("utf-8-sig")("replace")
    text, at, depth, ended = "", 0, 0, False
    while True:
        start = _BETWEEN.match(text, at).end()  # type: ignore[union-attr] # it matches the empty text too
        depth += text.count("[", at, start) - text.count("]", at, start)
        at = _end_of_element(text, start, ended=ended)
        if at > start:
            yield RawEntry(text[start:at], at - start)
        elif ended:
            _check_end(text, start, depth)
            return
        elif len(text) - start > _LONGEST:
            raise InvalidRequest("is no JSON from some place on")
        else:
            piece = file.read1(_CHUNK_BYTES)
            text, at, ended = text[start:] + read.decode(piece, final=not piece), 0, not piece


def _end_of_element(text: str, start: int, *, ended: bool) -> int:
    """Return where the element at `start` ends, or `start` if it may go on after `text`.

    Only brackets and strings are looked at: what else is wrong with an element is its own affair.
    """
    scalar = _SCALAR.match(text, start)
    if scalar is not None:
        return scalar.end() if ended or scalar.end() < len(text) else start
    at, depth = start, 0
    while bracket := _UP_TO_BRACKET.match(text, at):
        at = bracket.end()
        depth += 1 if bracket[1] in "[{" else -1
        if depth == 0:
            return at
    return start


def _check_end(text: str, at: int, depth: int) -> None:
    if at < len(text) or depth > 0:
        raise InvalidRequest("breaks off, or is no JSON from some place on")
