"""Entries in the order of time, out of files that begin with the newest."""

import pickle
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice, pairwise

from vigil.errors import InvalidLogEntry, InvalidRequest
from vigil.local.raw_entry import RawEntry
from vigil.logs.json_text import clean, read_object
from vigil.logs.timestamp import parse_timestamp

_LOOKED_AT = 1000
_FALLS_FOR_A_RISE = 9
_MOST_ENTRIES = 2_000_000
_MOST_BYTES = 2 << 30
# Packed one by one, entries would share nothing; all at once, none could be got at.
_PACKED_TOGETHER = 1000
_FASTEST = 1


def oldest_first(
    entries: Iterator[RawEntry],
    *,
    most_entries: int = _MOST_ENTRIES,
    most_bytes: int = _MOST_BYTES,
) -> Iterator[RawEntry]:
    """Yield `entries` as they come, or from the last to the first if they begin with the newest.

    The first 1000 decide. For the second way all are held, packed to a tenth or so of their size.
    Raises InvalidRequest, having yielded nothing, if those are more than `most_entries` or
    `most_bytes`. If reading breaks off, what was read is yielded before the error is raised.
    """
    readable = _Readable(entries)
    source = iter(readable)
    first = list(islice(source, _LOOKED_AT))
    if _begin_with_the_newest(first):
        limited = _limited(chain(first, source), most_entries, most_bytes)
        packs = [_packed(group) for group in _groups(limited)]
        while packs:
            yield from reversed(_unpacked(packs.pop()))
    else:
        yield from first
        yield from source
    if readable.error is not None:
        raise readable.error


class _Readable:
    """Iterates over `entries` until they end or break off; `error` says why they broke off."""

    def __init__(self, entries: Iterator[RawEntry]) -> None:
        self._entries = entries
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[RawEntry]:
        try:
            yield from self._entries
        except Exception as error:
            # It is raised when all that was read has been passed on.
            self.error = error


def _begin_with_the_newest(entries: Iterable[RawEntry]) -> bool:
    instants = [at for at in map(_instant_of, entries) if at is not None]
    falls = sum(later < earlier for earlier, later in pairwise(instants))
    rises = sum(later > earlier for earlier, later in pairwise(instants))
    return falls > _FALLS_FOR_A_RISE * rises


def _instant_of(entry: RawEntry) -> datetime | None:
    try:
        fields = clean(entry.raw) if isinstance(entry.raw, dict) else read_object(entry.raw)
    except InvalidLogEntry:
        return None
    return parse_timestamp(fields.get("timestamp")) if isinstance(fields, dict) else None


def _limited(entries: Iterable[RawEntry], most_entries: int, most_bytes: int) -> Iterator[RawEntry]:
    size = 0
    for count, entry in enumerate(entries, start=1):
        size += entry.size_bytes
        if count > most_entries or size > most_bytes:
            raise InvalidRequest(
                "begins with its newest entries and is too long to be turned round: "
                "export it again with `gcloud logging read --order=asc`"
            )
        yield entry


def _groups(entries: Iterator[RawEntry]) -> Iterator[list[RawEntry]]:
    while group := list(islice(entries, _PACKED_TOGETHER)):
        yield group


def _packed(entries: list[RawEntry]) -> bytes:
    content = [(entry.raw, entry.size_bytes) for entry in entries]
    return zlib.compress(pickle.dumps(content), _FASTEST)


def _unpacked(pack: bytes) -> list[RawEntry]:
    return [RawEntry(raw, size_bytes) for raw, size_bytes in pickle.loads(zlib.decompress(pack))]
