"""What detection remembers of one service between batches."""

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from vigil.detection.baseline import Baseline
from vigil.detection.event_time import instant_of, microseconds_of
from vigil.detection.learning import DAMAGE, Learning
from vigil.detection.window import Window
from vigil.detection.window_bundle import WindowBundle
from vigil.errors import PermanentError

VERSION = 2
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
# How long what has been learned is, and what comes after it; less than 16 MB.
_LENGTHS = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What detection remembers of one service: a value, never changed in place.

    `windows` are the open ones: by start (seconds since 1970), then by endpoint. No entry before
    `watermark` is waited for any more; None if none ever came. `heard` are the latest starts of
    windows in which it logged anything. `told` are the findings of open windows, by start, as
    `told_key` names them; `feedback` is how often, less how often not, people called such a finding
    noise. A service with many endpoints has several such values, each of which is one `shard` of
    its `shards`.
    """

    service: str
    watermark: datetime | None = None
    windows: Mapping[int, Mapping[str, Window]] = field(default_factory=dict)
    learning: Learning = field(default_factory=Learning)
    heard: tuple[int, ...] = ()
    told: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    feedback: Mapping[str, int] = field(default_factory=dict)
    shard: int = 0
    shards: int = 1

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """What is normal, by endpoint."""
        return self.learning.baselines

    def to_bytes(self) -> bytes:
        """Return the state as bytes, most of them JSON; equal states give equal bytes."""
        bundles = [_bundle(*each) for each in sorted(self.windows.items())]
        plain = {
            "version": VERSION,
            "watermark": None if self.watermark is None else microseconds_of(self.watermark),
            "windows": [(start, len(packed)) for start, packed in bundles],
            "heard": self.heard,
            "told": self.told,
            "feedback": self.feedback,
            "shard": (self.shard, self.shards),
        }
        learned, header = self.learning.to_bytes(), orjson.dumps(plain, option=_OPTIONS)
        lengths = _LENGTHS.pack(len(learned), len(header))
        return b"".join([lengths, learned, header, *[packed for _, packed in bundles]])

    @classmethod
    def from_bytes(cls, service: str, stored: bytes | None) -> "ServiceState":
        """Return the state of `service` that `to_bytes` wrote, an empty one if nothing is `stored`.

        Raises PermanentError if it is damaged, or was written by a newer version. What has been
        learned is read, and raises, when it is looked at.

        >>> ServiceState.from_bytes("cart", None) == ServiceState("cart")
        True
        """
        if not stored:
            return cls(service)
        try:
            if stored[0]:
                return _read_first_version(service, orjson.loads(zlib.decompress(stored)))
            learned, header = _LENGTHS.unpack_from(stored)
            begin = _LENGTHS.size + learned
            learning = Learning.from_bytes(stored[_LENGTHS.size : begin])
            end = begin + header
            return _read(service, orjson.loads(stored[begin:end]), learning, stored[end:])
        except (*DAMAGE, struct.error) as error:
            raise PermanentError(f"the stored state of a service is damaged: {error}") from error


def told_key(endpoint: str, anomaly_type: str) -> str:
    """Return by what a finding of an endpoint is known in a state."""
    return f"{endpoint}\n{anomaly_type}"


def _read_first_version(service: str, plain: dict[str, Any]) -> ServiceState:
    """Return what a state of version 1 has learned; it began with its compressed JSON.

    Its open windows, of two minutes at most, are of another shape and are given up.
    """
    watermark = plain["watermark"]
    learned = {name: Baseline.from_json(each) for name, each in plain["baselines"].items()}
    return ServiceState(
        service,
        None if watermark is None else instant_of(watermark),
        learning=Learning(learned),
        heard=tuple(plain["heard"]),
        shard=plain["shard"][0],
        shards=plain["shard"][1],
    )


def _read(service: str, plain: dict[str, Any], learning: Learning, bundles: bytes) -> ServiceState:
    if plain["version"] > VERSION:
        raise PermanentError("the stored state of a service was written by a newer version")
    watermark = plain["watermark"]
    return ServiceState(
        service,
        None if watermark is None else instant_of(watermark),
        _taken_apart(plain["windows"], bundles),
        learning,
        tuple(plain["heard"]),
        {int(start): tuple(keys) for start, keys in plain["told"].items()},
        plain["feedback"],
        *plain["shard"],
    )


def _bundle(start: int, windows: Mapping[str, Window]) -> tuple[int, bytes]:
    bundle = windows if isinstance(windows, WindowBundle) else WindowBundle(start, windows)
    return start, bundle.to_bytes()


def _taken_apart(lengths: Iterable[tuple[int, int]], bundles: bytes) -> dict[int, WindowBundle]:
    """Return the bundles that lie one after the other, by start."""
    found: dict[int, WindowBundle] = {}
    begin = 0
    for start, length in lengths:
        found[start] = WindowBundle.from_bytes(start, bundles[begin : begin + length])
        begin += length
    if begin != len(bundles):
        raise PermanentError("the stored state of a service is damaged: it was cut")
    return found
