"""A log entry as it stands in a file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry as it stands in a file, and how many bytes it takes there."""

    raw: bytes | str | dict[str, object]
    size_bytes: int
