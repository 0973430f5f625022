"""Revisions that serve for the first time, as the entries of a service name them."""

from collections.abc import Iterable, Mapping

from vigil.logs.log_entry import LogEntry
from vigil.logs.traits import REVISION, VERSION
from vigil.model.change import Change, ChangeKind
from vigil.model.identity import content_id

# A service serves by a few revisions; who names more at once numbers something else by them.
MOST_AT_ONCE = 3
MOST_KNOWN = 20
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
    seen does, by less than an hour. The MOST_KNOWN of each service that were seen last are kept.
    """
    after = {service: dict(revisions) for service, revisions in known.items()}
    news = False
    for entry in entries:
        if what := _revision_of(entry):
            revisions = after.setdefault(entry.service, {})
            second = int(entry.occurred_at.timestamp())
            noted = revisions.get(what)
            revisions[what] = max(noted or second, second)
            before = known.get(entry.service, {}).get(what)
            news = news or before is None or second >= before + _NOTED_EVERY_SECONDS
    return {service: _latest(revisions) for service, revisions in after.items()} if news else known


def _revision_of(entry: LogEntry) -> str:
    """Return what an entry calls its revision, "" if nothing.

    >>> from vigil.logs.log_entry import LogEntry
    >>> _revision_of(
    ...     LogEntry.parse(
    ...         '{"logName": "projects/p/logs/l", "timestamp": "2024-05-01T12:00:00Z",'
    ...         '"resource": {"labels": {"revision_name": "cart-00042"}}}'
    ...     )
    ... )
    'revision cart-00042'
    """
    named = ""
    for name, value in entry.traits:
        if name == REVISION:
            return f"{name} {value}"
        if name == VERSION:
            named = f"{name} {value}"
    return named


def _firsts(entries: Iterable[LogEntry]) -> dict[str, dict[str, LogEntry]]:
    services: dict[str, dict[str, LogEntry]] = {}
    for entry in entries:
        if entry.service and (what := _revision_of(entry)):
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


def _latest(revisions: Mapping[str, int]) -> dict[str, int]:
    by_time = sorted(revisions, key=lambda what: (-revisions[what], what))
    return {what: revisions[what] for what in by_time[:MOST_KNOWN]}
