"""The windows of a service that began together, which are read only when one is looked at."""

import zlib
from collections.abc import Iterator, Mapping

import orjson

from vigil.detection.event_time import SECOND_US
from vigil.detection.learning import DAMAGE
from vigil.detection.window import Window
from vigil.detection.window_record import record_of, window_of
from vigil.errors import PermanentError

# Below that compressing takes longer than the bytes are worth.
_SMALL_BYTES = 49_152
_PLAIN = b"{"


class WindowBundle(Mapping[str, Window]):
    """Windows by endpoint: a value, never changed in place.

    Entries of a minute that is over are rare, so what was read of it is kept as the bytes that it
    came in until somebody looks at it, and goes out as the same bytes if nobody has.

    >>> bundle = WindowBundle(60, {"GET /": Window(entries=2, last_us=61_000_000)})
    >>> WindowBundle.from_bytes(60, bundle.to_bytes()) == bundle
    True
    """

    __slots__ = ("_known", "_packed", "_start_us")

    def __init__(self, start: int, windows: Mapping[str, Window]) -> None:
        self._start_us = start * SECOND_US
        self._known: Mapping[str, Window] | None = windows
        self._packed: bytes | None = None

    @classmethod
    def from_bytes(cls, start: int, packed: bytes) -> "WindowBundle":
        """Return what `to_bytes` wrote; what is damaged raises PermanentError when looked at."""
        bundle = cls(start, {})
        bundle._known, bundle._packed = None, packed
        return bundle

    def to_bytes(self) -> bytes:
        """Return it as JSON, compressed if that is long; equal ones give equal bytes."""
        if self._packed is None:
            plain = {
                endpoint: record_of(window, self._start_us)
                for endpoint, window in sorted(self._read().items())
            }
            written = orjson.dumps(plain)
            self._packed = written if len(written) <= _SMALL_BYTES else zlib.compress(written, 1)
        return self._packed

    @property
    def is_unread(self) -> bool:
        """Whether nobody has looked at it since it was stored."""
        return self._known is None

    def __getitem__(self, endpoint: str) -> Window:
        return self._read()[endpoint]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return f"WindowBundle({self._start_us // SECOND_US}, {dict(self)!r})"

    def _read(self) -> Mapping[str, Window]:
        if self._known is None:
            packed, start_us = self._packed or b"", self._start_us
            try:
                plain = orjson.loads(packed if packed[:1] == _PLAIN else zlib.decompress(packed))
                self._known = {name: window_of(each, start_us) for name, each in plain.items()}
            except DAMAGE as error:
                raise PermanentError(f"the windows of a service are damaged: {error}") from error
        return self._known
