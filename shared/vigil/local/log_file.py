"""Log entries out of files: JSON lines, a JSON array, plain, gz, xz, or from standard input."""

import gzip
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader, FileIO, RawIOBase
from json import JSONDecodeError, JSONDecoder

from typing_extensions import Buffer

from vigil.errors import InvalidRequest

_CHUNK_BYTES = 1 << 20
# One element of an array may be this long; beyond it, it is no log entry.
_ELEMENT_CHARS = 32 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_BETWEEN = re.compile(r"[\s,]*")
_XZ_MAGIC = b"\xfd7zXZ\x00"


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry as it stands in a file, and how many bytes it takes there."""

    raw: bytes | str | dict[str, object]
    size_bytes: int


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


def read_entries(name: str, advance: Callable[[int], None] = lambda _: None) -> Iterator[RawEntry]:
    """Yield the entries in the file `name`, or in standard input for `-`, one at a time.

    `advance` is told how many bytes of the file were read. Raises InvalidRequest for a file that
    cannot be opened or unpacked, or for an array that breaks off.
    """
    try:
        with _open(name) as file:
            yield from _entries(_unpacked(BufferedReader(_Counted(file, advance), _CHUNK_BYTES)))
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is damaged"
        raise InvalidRequest(f"{name}: {reason}") from error


def _open(name: str) -> RawIOBase:
    file = sys.stdin.fileno() if name == "-" else name
    return FileIO(file, "rb", closefd=name != "-")


def _unpacked(file: BufferedReader) -> BufferedReader:
    magic = file.peek(len(_XZ_MAGIC))
    if magic.startswith(_GZIP_MAGIC):
        return BufferedReader(gzip.GzipFile(fileobj=file), _CHUNK_BYTES)
    if magic.startswith(_XZ_MAGIC):
        return BufferedReader(lzma.LZMAFile(file), _CHUNK_BYTES)
    return file


def _entries(file: BufferedReader) -> Iterator[RawEntry]:
    start = file.peek(_CHUNK_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    return _elements(file) if start.startswith(b"[") else _lines(file)


def _lines(file: BufferedReader) -> Iterator[RawEntry]:
    for line in file:
        raw = line.strip()
        if raw:
            yield RawEntry(raw, len(line))


def _elements(file: BufferedReader) -> Iterator[RawEntry]:
    """Yield the elements of an array, holding a chunk of the file and one element at a time."""
    decoder = JSONDecoder()
    text, at, ended = _after_bracket(file), 0, False
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr] # it matches the empty text too
        if text.startswith("]", at):
            return
        try:
            element, end = decoder.raw_decode(text, at)
        except (JSONDecodeError, RecursionError) as error:
            if ended or len(text) - at > _ELEMENT_CHARS:
                raise InvalidRequest("the array breaks off, or is no JSON from here on") from error
            piece = file.read(_CHUNK_BYTES)
            text, at, ended = text[at:] + piece.decode("utf-8", "replace"), 0, not piece
            continue
        yield RawEntry(element if isinstance(element, dict) else b"", end - at)
        at = end


def _after_bracket(file: BufferedReader) -> str:
    start = file.read(_CHUNK_BYTES).decode("utf-8", "replace")
    return start.lstrip("\ufeff \t\r\n").removeprefix("[")
