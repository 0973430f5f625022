"""What a service's state has learned, which is read only when a window is judged."""

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from vigil.detection.baseline import Baseline
from vigil.errors import PermanentError

# What reading bytes raises that were not written by `to_bytes`.
DAMAGE = (zlib.error, ValueError, TypeError, KeyError, AttributeError, OverflowError)


class Learning:
    """Baselines by endpoint, and the service's templates: a value, never changed in place.

    Most batches only fill windows. So what was read is kept as the bytes that it came in until
    somebody looks at it, and goes out as the same bytes if nobody has.

    >>> known = Learning({"GET /": Baseline(last_seen=60)})
    >>> Learning.from_bytes(known.to_bytes()) == known
    True
    """

    __slots__ = ("_known", "_packed")

    def __init__(
        self, baselines: Mapping[str, Baseline] | None = None, templates: object = None
    ) -> None:
        self._known: tuple[Mapping[str, Baseline], Any] | None = (dict(baselines or {}), templates)
        self._packed: bytes | None = None

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Learning":
        """Return what `to_bytes` wrote; what is damaged raises PermanentError when looked at."""
        learning = cls()
        learning._known, learning._packed = None, packed
        return learning

    def to_bytes(self) -> bytes:
        """Return it as compressed JSON; equal ones give equal bytes."""
        if self._packed is None:
            baselines, templates = self._read()
            plain = [{name: each.to_json() for name, each in baselines.items()}, templates]
            self._packed = zlib.compress(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS), 1)
        return self._packed

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """What is normal, by endpoint."""
        return self._read()[0]

    @property
    def templates(self) -> Any:
        """The state of the service's template miner, as `TemplateMiner.to_json` gives it."""
        return self._read()[1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Learning) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __repr__(self) -> str:
        return f"Learning({dict(self.baselines)!r})"

    def _read(self) -> tuple[Mapping[str, Baseline], Any]:
        if self._known is None:
            try:
                baselines, templates = orjson.loads(zlib.decompress(self._packed or b""))
                read = {name: Baseline.from_json(plain) for name, plain in baselines.items()}
            except DAMAGE as error:
                raise PermanentError(f"what a service has learned is damaged: {error}") from error
            self._known = read, templates
        return self._known
