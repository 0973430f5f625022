"""The traffic that log entries tell of."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from vigil.logs.log_entry import LogEntry
from vigil.model.counted import Counted
from vigil.model.request_traffic import CUSTOMER, OTHER, Traffic, Traits
from vigil.model.user_hashes import UserSketch
from vigil.model.user_sample import DIGITS, UserSample

METHOD: Final = "method"
_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)

# Whose entries count together: service, endpoint and traits.
_Kind = tuple[str, str, Traits]


def traffic_of(entries: Iterable[LogEntry], slice_seconds: int) -> dict[int, Traffic]:
    """Return the traffic of each slice of time by its start, in seconds since 1970.

    A request is an entry with an endpoint. The values of its traits count, and its method, which is
    one of HTTP's or OTHER: a client may send any word as one. Of those that name a user a sample is
    kept, with his pseudonym.
    """
    slices: dict[int, list[LogEntry]] = defaultdict(list)
    for entry in entries:
        if entry.endpoint:
            second = int(entry.occurred_at.timestamp())
            slices[second - second % slice_seconds].append(entry)
    return {start: _traffic(slices[start]) for start in sorted(slices)}


def _traffic(requests: Iterable[LogEntry]) -> Traffic:
    kinds: dict[_Kind, list[LogEntry]] = defaultdict(list)
    named: dict[str, list[LogEntry]] = defaultdict(list)
    for entry in requests:
        kinds[entry.service, entry.endpoint, entry.traits].append(entry)
        if entry.user:
            named[entry.service].append(entry)
    every = Traffic()
    for kind, alike in kinds.items():
        _count(every, kind, alike)
    for service, own in named.items():
        _count_users(every, service, own)
    every.bound_values()
    return every


def _count(traffic: Traffic, kind: _Kind, alike: list[LogEntry]) -> None:
    service, endpoint, traits = kind
    counted = Counted(float(len(alike)), float(sum([entry.failed for entry in alike])))
    traffic.endpoints.setdefault((service, endpoint), Counted()).add(counted)
    for name, value in (*traits, *_method_of(endpoint)):
        traffic.values.setdefault((service, name, value), Counted()).add(counted)


def _count_users(traffic: Traffic, service: str, named: list[LogEntry]) -> None:
    requests = [(entry.digest[:DIGITS], entry.user or "", entry.failed) for entry in named]
    failed = [(digest, user) for digest, user, has_failed in requests if has_failed]
    well = [(digest, user) for digest, user, has_failed in requests if not has_failed]
    counted = Counted(float(len(requests)), float(len(failed)))
    traffic.values[service, CUSTOMER, OTHER] = counted
    traffic.samples[service] = UserSample()
    traffic.samples[service].add(failed, well)
    traffic.users[service] = _sketch([user for _, user, _ in requests])
    if failed:
        traffic.failed_users[service] = _sketch([user for _, user in failed])


def _sketch(users: Iterable[str]) -> UserSketch:
    sketch = UserSketch()
    sketch.add(set(users))
    return sketch


def _method_of(endpoint: str) -> Traits:
    method, space, _ = endpoint.partition(" ")
    if not space:
        return ()
    return ((METHOD, method if method in _METHODS else OTHER),)
