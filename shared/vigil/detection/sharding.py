"""Sharding: a service's state in several parts, by endpoint, so that none of them gets large."""

from collections.abc import Iterable
from dataclasses import replace
from zlib import crc32

from vigil.detection.learning import Learning
from vigil.detection.service_state import ServiceState

# A part has at most 200 kB then, whatever its service logs (FAULTS A19).
MOST_SHARDS = 16


def shard_of(endpoint: str, shards: int) -> int:
    """Return the shard, 0 to `shards` - 1, in which an endpoint lies; `shards` is a power of two.

    When their number doubles, what lies in shard i goes to i and to i + `shards`.

    >>> [shard_of("POST /payment", shards) for shards in (1, 2, 4, 8)]
    [0, 1, 3, 7]
    """
    return crc32(endpoint.encode("utf-8", "surrogatepass")) & (shards - 1)


def partition(state: ServiceState, shards: int) -> dict[int, ServiceState]:
    """Return the parts of a state by shard, those of which it holds anything."""
    endpoints = {name for series in state.windows.values() for name in series}
    held = {shard_of(name, shards) for name in endpoints.union(state.baselines)}
    return {shard: _part(state, shard, shards) for shard in sorted(held)}


def doubled(states: Iterable[ServiceState]) -> dict[int, ServiceState]:
    """Return all parts of a service, once there are twice as many; `states` are all there are."""
    parts: dict[int, ServiceState] = {}
    for state in states:
        shards = state.shards * 2
        for shard in (state.shard, state.shard + state.shards):
            parts[shard] = _part(state, shard, shards)
    return parts


def _part(state: ServiceState, shard: int, shards: int) -> ServiceState:
    windows = {
        start: {name: w for name, w in series.items() if shard_of(name, shards) == shard}
        for start, series in state.windows.items()
    }
    told = {
        start: tuple(key for key in keys if _lies_in(key, shard, shards))
        for start, keys in state.told.items()
    }
    return replace(
        state,
        shard=shard,
        shards=shards,
        windows={start: series for start, series in windows.items() if series},
        learning=Learning(
            {name: e for name, e in state.baselines.items() if shard_of(name, shards) == shard},
            state.learning.templates,
        ),
        told={start: keys for start, keys in told.items() if keys},
        feedback={
            key: noise for key, noise in state.feedback.items() if _lies_in(key, shard, shards)
        },
    )


def _lies_in(key: str, shard: int, shards: int) -> bool:
    """Whether the endpoint in a `told_key` lies in a shard."""
    return shard_of(key.rpartition("\n")[0], shards) == shard
