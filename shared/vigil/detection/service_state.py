"""What detection remembers of one service between batches."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from vigil.detection.baseline import Baseline
from vigil.detection.event_time import instant_of, microseconds_of
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window
from vigil.errors import PermanentError
from vigil.model.series import Series

VERSION = 1
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS

# What reading bytes raises that were not written by `to_bytes`.
_DAMAGE = (zlib.error, ValueError, TypeError, KeyError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What detection remembers of one service: a value, never changed in place.

    `windows` are the open ones: by start (seconds since 1970), then by endpoint. No entry before
    `watermark` is waited for any more; None if none ever came. `heard` are the latest starts of
    windows in which it logged anything. A service with many endpoints has several such values, each
    of which is one `shard` of its `shards`.
    """

    service: str
    watermark: datetime | None = None
    windows: Mapping[int, Mapping[str, Window]] = field(default_factory=dict)
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    heard: tuple[int, ...] = ()
    shard: int = 0
    shards: int = 1

    def to_bytes(self) -> bytes:
        """Return the state as compressed JSON; equal states give equal bytes."""
        watermark = None if self.watermark is None else microseconds_of(self.watermark)
        plain = {
            "version": VERSION,
            "watermark": watermark,
            "windows": self.windows,
            "baselines": self.baselines,
            "heard": self.heard,
            "shard": (self.shard, self.shards),
        }
        return zlib.compress(orjson.dumps(plain, option=_OPTIONS), 1)

    @classmethod
    def from_bytes(cls, service: str, stored: bytes | None) -> "ServiceState":
        """Return the state of `service` that `to_bytes` wrote, an empty one if nothing is `stored`.

        Raises PermanentError if it is damaged, or was written by a newer version.

        >>> ServiceState.from_bytes("cart", None)  # doctest: +NORMALIZE_WHITESPACE
        ServiceState(service='cart', watermark=None, windows={}, baselines={}, heard=(), shard=0,
        shards=1)
        """
        if not stored:
            return cls(service)
        try:
            return _read(service, orjson.loads(zlib.decompress(stored)))
        except _DAMAGE as error:
            raise PermanentError(f"the stored state of a service is damaged: {error}") from error


def _read(service: str, plain: dict[str, Any]) -> ServiceState:
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
        {endpoint: _baseline(baseline) for endpoint, baseline in plain["baselines"].items()},
        tuple(plain["heard"]),
        *plain["shard"],
    )


def _window(plain: dict[str, Any]) -> Window:
    plain["first_by_latency"] = {int(b): us for b, us in plain["first_by_latency"].items()}
    plain["templates"] = {key: TemplateCount(**c) for key, c in plain["templates"].items()}
    plain["failing_traces"] = tuple(plain["failing_traces"])
    plain["slowest"] = tuple((latency, trace) for latency, trace in plain["slowest"])
    plain["callers"] = _callers(plain["callers"])
    return Window(**plain)


def _baseline(plain: dict[str, Any]) -> Baseline:
    plain["callers"] = _callers(plain["callers"])
    return Baseline(**plain)


def _callers(plain: list[dict[str, str]]) -> tuple[Series, ...]:
    return tuple(Series(**caller) for caller in plain)
