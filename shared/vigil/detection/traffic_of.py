"""The traffic that log entries tell of."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from vigil.logs.log_entry import LogEntry
from vigil.model.counted import Counted
from vigil.model.request_traffic import CUSTOMER, OTHER, USER, Traffic, Traits
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
    one of HTTP's or OTHER: a client may send any word as one. Of those that name a user or a
    customer a sample is kept, with the pseudonym.
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
        if entry.user or entry.customer:
            named[entry.service].append(entry)
    every = Traffic()
    for kind, alike in kinds.items():
        _count(every, kind, alike)
    for service, own in named.items():
        _count_users(every, service, own)
        _sample(every, (service, CUSTOMER), [(each, each.customer) for each in own])
        _sample(every, (service, USER), [(each, _user_beside_customer(each)) for each in own])
    every.bound_values()
    return every


def _count(traffic: Traffic, kind: _Kind, alike: list[LogEntry]) -> None:
    service, endpoint, traits = kind
    counted = Counted(float(len(alike)), float(sum([entry.failed for entry in alike])))
    traffic.endpoints.setdefault((service, endpoint), Counted()).add(counted)
    for name, value in (*traits, *_method_of(endpoint)):
        traffic.values.setdefault((service, name, value), Counted()).add(counted)


def _count_users(traffic: Traffic, service: str, named: list[LogEntry]) -> None:
    traffic.users[service] = _sketch([entry.user for entry in named if entry.user])
    if failed := [entry.user for entry in named if entry.failed and entry.user]:
        traffic.failed_users[service] = _sketch(failed)


def _sample(
    traffic: Traffic, key: tuple[str, str], requests: Iterable[tuple[LogEntry, str | None]]
) -> None:
    """Sample requests with the pseudonyms of a field, of a service; where there are any."""
    made = [(entry.digest[:DIGITS], who, entry.failed) for entry, who in requests if who]
    if made:
        failed = [(digest, who) for digest, who, has_failed in made if has_failed]
        well = [(digest, who) for digest, who, has_failed in made if not has_failed]
        traffic.values[*key, OTHER] = Counted(float(len(made)), float(len(failed)))
        traffic.samples[key] = UserSample()
        traffic.samples[key].add(failed, well)


def _user_beside_customer(entry: LogEntry) -> str | None:
    """Return the user whom an entry names, if that is not just its customer."""
    return None if entry.user == entry.customer else entry.user


def _sketch(users: Iterable[str]) -> UserSketch:
    sketch = UserSketch()
    sketch.add(set(users))
    return sketch


def _method_of(endpoint: str) -> Traits:
    method, space, _ = endpoint.partition(" ")
    if not space:
        return ()
    return ((METHOD, method if method in _METHODS else OTHER),)
