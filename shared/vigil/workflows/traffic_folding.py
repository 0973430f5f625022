"""Slices of traffic are put together, and what was healthy of them becomes what is usual."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vigil.errors import PreconditionFailed
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.observed import Observed
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents, Write
from vigil.stores.queries import INCIDENTS_BY_STATUS, INCIDENTS_RESOLVED_SINCE
from vigil.stores.service_graphs import ServiceGraphs
from vigil.stores.tenant_store import TenantStore
from vigil.stores.traffic_records import StoredSlice, TrafficRecords, Usual

# Trouble is told within some windows of its onset; until then nobody knows that a slice was bad.
_LEARNED_AFTER_WINDOWS = 10
# Reading and writing what is usual costs as much for five windows as for one.
_LEARNED_TOGETHER_WINDOWS = 5
_HALF_LIFE = timedelta(days=1)
_AT_ONCE = 200
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class FoldTraffic:
    """Folds what batches have seen of each slice, and learns what is usual and who calls whom.

    A slice in which an incident was going on is not usual. A tick that finds another one at work
    leaves it to that one.
    """

    def __init__(self, *, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def run(self, tenant: Tenant) -> None:
        """Fold the slices of `tenant` that are complete, and learn those that are due."""
        store = TenantStore.of(self._documents, tenant)
        records = TrafficRecords(
            self._documents, store.root, window_seconds=tenant.thresholds.window_seconds
        )
        window = timedelta(seconds=tenant.thresholds.window_seconds)
        lateness = timedelta(seconds=tenant.thresholds.allowed_lateness_seconds)
        usual = records.usual()
        with suppress(PreconditionFailed):
            until = self._clock() - window - lateness
            folded = self._fold_until(until, store, records, usual.until or _FIRST)
            self._learn(store, records, usual, self._due(folded, window))

    def _fold_until(
        self, until: datetime, store: TenantStore, records: TrafficRecords, at: datetime
    ) -> list[StoredSlice]:
        """Fold the slices from `at` to `until`, some documents at a time, and return them."""
        folded: dict[datetime, StoredSlice] = {}
        while True:
            stored = records.since(at, _AT_ONCE)
            complete = [each for each in stored if each.at <= until]
            self._fold(store, records, [each for each in complete if each.parts])
            folded |= {each.at: each for each in complete}
            if len(complete) < len(stored) or sum(each.documents for each in stored) < _AT_ONCE:
                return list(folded.values())
            # Of the last slice there may be more.
            at = stored[-1].at

    def _fold(
        self, store: TenantStore, records: TrafficRecords, slices: Sequence[StoredSlice]
    ) -> None:
        if not slices:
            return
        graphs = ServiceGraphs(self._documents, store.root)
        known = graphs.read()
        for each in slices:
            known.graph.learn_profile(each.fresh.profile, each.at)
        writes: list[Write] = [write for each in slices for write in records.fold(each)]
        learned = graphs.put(known.graph, learned_at=self._clock(), when=known.unchanged)
        self._documents.commit([*writes, learned])

    def _due(self, folded: Sequence[StoredSlice], window: timedelta) -> list[StoredSlice]:
        """Return the slices that can be learned, none while they are too few to be worth it."""
        until = self._clock() - _LEARNED_AFTER_WINDOWS * window
        due = [each for each in folded if each.at <= until]
        waits = bool(due) and due[0].at > until - _LEARNED_TOGETHER_WINDOWS * window
        return [] if waits else due

    def _learn(
        self,
        store: TenantStore,
        records: TrafficRecords,
        usual: Usual,
        due: Sequence[StoredSlice],
    ) -> None:
        if not due:
            return
        troubles = incidents_since(store, due[0].at)
        healthy = [each for each in due if not any(_covers(trouble, each) for trouble in troubles)]
        until = due[-1].at + _TICK
        faded = usual.observed.decayed(0.5 ** ((until - (usual.until or until)) / _HALF_LIFE))
        observed = Observed.all_of([faded, *(each.observed for each in healthy)])
        learned = replace(usual, until=until, observed=observed)
        self._documents.commit([records.put_usual(learned)])


def incidents_since(store: TenantStore, at: datetime) -> list[Incident]:
    """Return the incidents that are open, or were at `at` or later."""
    still_open = store.incidents.query(
        INCIDENTS_BY_STATUS, equal={"status": IncidentStatus.OPEN.value}
    )
    over = store.incidents.query(
        INCIDENTS_RESOLVED_SINCE, equal={"status": IncidentStatus.RESOLVED.value}, bound=at
    )
    return [stored.value for stored in (*still_open, *over)]


def _covers(incident: Incident, stored: StoredSlice) -> bool:
    ended_at = incident.resolved_at
    return incident.started_at <= stored.at and (ended_at is None or stored.at <= ended_at)
