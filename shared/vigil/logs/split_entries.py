"""Entries that Cloud Logging had to cut into pieces, put together again."""

from collections.abc import Sequence
from dataclasses import replace

from vigil.logs.log_entry import LogEntry
from vigil.logs.payload import cut


def join_split(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """Return `entries` with the pieces of each split entry put together, if all are among them.

    Windows look at what is returned, so a split entry counts once; accounting, and the memory of
    digests, goes by the entries that were given, since every piece was received. The whole takes
    the place and the digest of the piece with index 0 and carries no `split`; its message is theirs
    in order, cut at MESSAGE_LIMIT; it has failed if one of them has. Pieces of which others are
    missing stay as they are, and so does a second copy of a piece: drop duplicates before.
    """
    wholes: dict[int, LogEntry] = {}
    joined: set[int] = set()
    for first, *others in _complete_groups(entries):
        wholes[first] = _whole([entries[place] for place in (first, *others)])
        joined.update(others)
    return [wholes.get(place, entry) for place, entry in enumerate(entries) if place not in joined]


def _complete_groups(entries: Sequence[LogEntry]) -> list[list[int]]:
    """Return where the pieces of each complete split entry are, in the order of their index."""
    found: dict[tuple[str, str, int], dict[int, int]] = {}
    for place, entry in enumerate(entries):
        if entry.split is not None:
            uid, index, total = entry.split
            found.setdefault((entry.project_id, uid, total), {}).setdefault(index, place)
    return [
        [places[index] for index in sorted(places)]
        for (_, _, total), places in found.items()
        if len(places) == total
    ]


def _whole(pieces: Sequence[LogEntry]) -> LogEntry:
    message, size = cut("".join(piece.message for piece in pieces))
    shortened = size is not None or any(piece.original_size for piece in pieces)
    return replace(
        pieces[0],
        message=message,
        severity=max(piece.severity for piece in pieces),
        failed=any(piece.failed for piece in pieces),
        split=None,
        original_size=_written_size(pieces) if shortened else None,
    )


def _written_size(pieces: Sequence[LogEntry]) -> int:
    return sum(piece.original_size or len(piece.message) for piece in pieces)
