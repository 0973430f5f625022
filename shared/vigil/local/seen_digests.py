"""The digests of the latest entries, so that one that stands there twice counts once."""

_ROOM = 200_000


class SeenDigests:
    """Remembers at least the last `room` digests, and at most twice as many.

    >>> seen = SeenDigests()
    >>> seen.has_seen("0a"), seen.has_seen("0a")
    (False, True)
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._latest: set[str] = set()
        self._before: set[str] = set()

    def has_seen(self, digest: str) -> bool:
        """Whether the digest is one of those remembered; it is from now on."""
        if digest in self._latest or digest in self._before:
            return True
        self._latest.add(digest)
        if len(self._latest) >= self._room:
            self._before, self._latest = self._latest, set()
        return False
