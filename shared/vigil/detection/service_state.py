"""What detection remembers of one service between batches."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from vigil.detection.baseline import Baseline
from vigil.detection.event_time import instant_of, microseconds_of
from vigil.detection.learning import DAMAGE, Learning
from vigil.detection.refusals import Refusals
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window
from vigil.errors import PermanentError
from vigil.model.series import Series

VERSION = 2
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
# What lies before what has been learned: how long it is.
_LENGTH = struct.Struct(">I")


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
        """Return the state as compressed JSON; equal states give equal bytes."""
        watermark = None if self.watermark is None else microseconds_of(self.watermark)
        plain = {
            "version": VERSION,
            "watermark": watermark,
            "windows": self.windows,
            "heard": self.heard,
            "told": self.told,
            "feedback": self.feedback,
            "shard": (self.shard, self.shards),
        }
        learned = self.learning.to_bytes()
        return (
            _LENGTH.pack(len(learned))
            + learned
            + zlib.compress(orjson.dumps(plain, option=_OPTIONS), 1)
        )

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
            (length,) = _LENGTH.unpack_from(stored)
            split = _LENGTH.size + length
            learning = Learning.from_bytes(stored[_LENGTH.size : split])
            return _read(service, orjson.loads(zlib.decompress(stored[split:])), learning)
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


def _read(service: str, plain: dict[str, Any], learning: Learning) -> ServiceState:
    if plain["version"] > VERSION:
        raise PermanentError("the stored state of a service was written by a newer version")
    watermark = plain["watermark"]
    return ServiceState(
        service,
        None if watermark is None else instant_of(watermark),
        {
            int(start): {endpoint: _window(window) for endpoint, window in series.items()}
            for start, series in plain["windows"].items()
        },
        learning,
        tuple(plain["heard"]),
        {int(start): tuple(keys) for start, keys in plain["told"].items()},
        plain["feedback"],
        *plain["shard"],
    )


def _window(plain: dict[str, Any]) -> Window:
    plain["latencies"] = {int(b): (n, us) for b, (n, us) in plain["latencies"].items()}
    waits = plain.get("waits", {})
    plain["waits"] = {int(b): (n, us) for b, (n, us) in waits.items()}
    plain["templates"] = {key: TemplateCount(**c) for key, c in plain["templates"].items()}
    plain["failing_traces"] = tuple(plain["failing_traces"])
    plain["slowest"] = tuple((latency, trace) for latency, trace in plain["slowest"])
    plain["callers"] = tuple(Series(**caller) for caller in plain["callers"])
    if "refusals" in plain:
        plain["refusals"] = Refusals.from_json(plain["refusals"])
    return Window(**plain)
