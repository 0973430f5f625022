"""Revisions that serve for the first time, as the entries of a service name them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from vigil.logs.log_entry import LogEntry
from vigil.logs.traits import REVISION, VERSION, Trait
from vigil.model.change import Change, ChangeKind
from vigil.model.identity import content_id

# A service serves by a few revisions; who names more at once numbers something else by them.
MOST_AT_ONCE = 3
MOST_KNOWN = 5
# Names of services have 200 characters at most, revisions 90: all of them fit into one document.
MOST_SERVICES = 1000
# Known revisions are written when one is new, and else so often that none in use is forgotten.
_NOTED_EVERY_SECONDS = 3600

# By service and revision ("revision cart-00042"), when it was last seen, in seconds since 1970.
KnownRevisions = Mapping[str, Mapping[str, int]]


def new_revisions(
    known: KnownRevisions, entries: Iterable[LogEntry], tenant_id: str
) -> list[Change]:
    """Return the revisions in `entries` that are not `known`, of services of which one is.

    Where entries name no revision, their version stands for it. The change is when the first of
    `entries` names it; its id is the same whenever it is found. Sorted by time.
    """
    found = [
        _change(tenant_id, first, what)
        for service, firsts in _firsts(entries).items()
        for what, first in _unknown(known.get(service, {}), firsts).items()
    ]
    return sorted(found, key=lambda change: (change.at, change.change_id))


def with_revisions(known: KnownRevisions, entries: Iterable[LogEntry]) -> KnownRevisions:
    """Return what is known after `entries`; `known` itself if that is not news.

    Which are known does not depend on the order in which entries come, only when they were last
    seen does, by less than an hour. Those that were seen last are kept, MOST_KNOWN of each of
    MOST_SERVICES services; where these are known already, another service alone is no news.
    """
    lasts = _lasts(entries)
    full = len(known) >= MOST_SERVICES
    if not any(
        _is_news(known.get(service, {}), last)
        for service, last in lasts.items()
        if service in known or not full
    ):
        return known
    after = {
        service: _latest(known.get(service, {}), lasts.get(service, {}))
        for service in {*known, *lasts}
    }
    by_time = sorted(after, key=lambda service: (-max(after[service].values(), default=0), service))
    return {service: after[service] for service in by_time[:MOST_SERVICES]}


def _revision_in(traits: Iterable[Trait]) -> str:
    """Return what an entry of these traits calls its revision, "" if nothing.

    >>> _revision_in((("revision", "cart-00042"), ("version", "1.4"))), _revision_in(())
    ('revision cart-00042', '')
    """
    named = ""
    for name, value in traits:
        if name == REVISION:
            return f"{name} {value}"
        if name == VERSION:
            named = f"{name} {value}"
    return named


def _firsts(entries: Iterable[LogEntry]) -> dict[str, dict[str, LogEntry]]:
    services: dict[str, dict[str, LogEntry]] = {}
    for entry in entries:
        if entry.service and (what := _revision_in(entry.traits)):
            firsts = services.setdefault(entry.service, {})
            first = firsts.setdefault(what, entry)
            if entry.occurred_at < first.occurred_at:
                firsts[what] = entry
    return services


def _unknown(known: Mapping[str, int], firsts: Mapping[str, LogEntry]) -> Mapping[str, LogEntry]:
    unknown = {what: first for what, first in firsts.items() if what not in known}
    return unknown if known and len(unknown) <= MOST_AT_ONCE else {}


def _change(tenant_id: str, first: LogEntry, what: str) -> Change:
    change_id = content_id("change", tenant_id, first.service, what)
    return Change(change_id, tenant_id, ChangeKind.REVISION, first.service, what, first.occurred_at)


def _lasts(entries: Iterable[LogEntry]) -> dict[str, dict[str, int]]:
    latest: dict[tuple[str, tuple[Trait, ...]], datetime] = {}
    for entry in entries:
        if entry.service and entry.traits:
            kind = entry.service, entry.traits
            at = latest.get(kind)
            if at is None or entry.occurred_at > at:
                latest[kind] = entry.occurred_at
    lasts: dict[str, dict[str, int]] = {}
    for (service, traits), at in latest.items():
        if what := _revision_in(traits):
            seconds = lasts.setdefault(service, {})
            seconds[what] = max(seconds.get(what, 0), int(at.timestamp()))
    return lasts


def _is_news(known: Mapping[str, int], lasts: Mapping[str, int]) -> bool:
    return any(
        what not in known or second >= known[what] + _NOTED_EVERY_SECONDS
        for what, second in lasts.items()
    )


def _latest(known: Mapping[str, int], lasts: Mapping[str, int]) -> dict[str, int]:
    seconds = {what: max(known.get(what, 0), lasts.get(what, 0)) for what in {*known, *lasts}}
    by_time = sorted(seconds, key=lambda what: (-seconds[what], what))
    return {what: seconds[what] for what in by_time[:MOST_KNOWN]}
