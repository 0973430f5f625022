"""The traffic that log entries tell of."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from vigil.logs.log_entry import LogEntry
from vigil.model.counted import Counted
from vigil.model.request_traffic import OTHER, Traffic, Traits
from vigil.model.user_hashes import UserSketch

METHOD: Final = "method"
_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)

# Whose entries count together: service, endpoint and traits.
_Kind = tuple[str, str, Traits]


def traffic_of(entries: Iterable[LogEntry], slice_seconds: int) -> dict[int, Traffic]:
    """Return the traffic of each slice of time by its start, in seconds since 1970.

    A request is an entry with an endpoint. The values of its traits count, and its method, which is
    one of HTTP's or OTHER: a client may send any word as one.
    """
    slices: dict[int, list[LogEntry]] = defaultdict(list)
    for entry in entries:
        if entry.endpoint:
            second = int(entry.occurred_at.timestamp())
            slices[second - second % slice_seconds].append(entry)
    return {start: _traffic(slices[start]) for start in sorted(slices)}


def _traffic(requests: Iterable[LogEntry]) -> Traffic:
    kinds: dict[_Kind, list[LogEntry]] = defaultdict(list)
    for entry in requests:
        kinds[entry.service, entry.endpoint, entry.traits].append(entry)
    every = Traffic()
    for kind, alike in kinds.items():
        _count(every, kind, alike)
    # Only merging leaves out the values for which there is no room.
    bounded = Traffic()
    bounded.merge(every)
    return bounded


def _count(traffic: Traffic, kind: _Kind, alike: list[LogEntry]) -> None:
    service, endpoint, traits = kind
    failed = [entry for entry in alike if entry.failed]
    counted = Counted(float(len(alike)), float(len(failed)))
    traffic.endpoints.setdefault((service, endpoint), Counted()).add(counted)
    for name, value in (*traits, *_method_of(endpoint)):
        traffic.values.setdefault((service, name, value), Counted()).add(counted)
    _add_users(traffic.users, service, alike)
    _add_users(traffic.failed_users, service, failed)


def _method_of(endpoint: str) -> Traits:
    method, space, _ = endpoint.partition(" ")
    if not space:
        return ()
    return ((METHOD, method if method in _METHODS else OTHER),)


def _add_users(sketches: dict[str, UserSketch], service: str, requests: list[LogEntry]) -> None:
    if users := {entry.user for entry in requests if entry.user}:
        sketches.setdefault(service, UserSketch()).add(users)
