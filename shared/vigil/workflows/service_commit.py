"""One commit to one service, put together from batches, from what others left, and from a tick."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from vigil.detection.detect import absorb, advance, observe
from vigil.detection.early import judge_open
from vigil.detection.open_windows import Calls
from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import partition, shard_of
from vigil.detection.waits import Found
from vigil.logs.log_entry import LogEntry
from vigil.logs.split_entries import join_split
from vigil.model.anomaly import Anomaly
from vigil.model.identity import content_id
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Existence, Write
from vigil.stores.deltas import BatchDelta, TickDelta
from vigil.stores.detector_states import DetectorStates, ReadService, WrittenService
from vigil.stores.seen_entries import SeenEntries, digests_of
from vigil.stores.tenant_store import LedgerEntry, TenantStore
from vigil.stores.usage import count


@dataclass(frozen=True, slots=True)
class ServicePart:
    """The entries of one service in one batch; `calls` are those seen in the whole batch.

    `waits` is how long callers waited for it, and for others. `rejected` is what became of the
    batch's other entries, if this is its first part.
    """

    tenant: Tenant
    store: TenantStore
    batch_id: str
    service: str
    entries: Sequence[LogEntry]
    calls: Calls
    is_first: bool
    rejected: Outcomes = field(default_factory=Outcomes)
    waits: Found = field(default_factory=dict)

    @property
    def ledger_id(self) -> str:
        """The key under which this work is known once it is done."""
        return content_id("batch", self.batch_id, self.service)

    def as_delta(self, seen: SeenEntries) -> BatchDelta:
        """Return what it adds to its service, whatever is in that, but what has been seen."""
        fresh = seen.sort_out(self.entries)
        observed = observe(
            ServiceState(self.service),
            join_split(fresh),
            thresholds=self.tenant.thresholds,
            calls=self.calls,
            waits=self.waits,
        )
        return BatchDelta(
            self.ledger_id,
            observed.state,
            digests_of(fresh),
            self.outcomes(len(fresh), late=0),
            int(self.is_first),
            observed.late,
        )

    def outcomes(self, fresh: int, *, late: int) -> Outcomes:
        """Return what became of its entries, and of the rejected ones, if `fresh` were new."""
        received = len(self.entries)
        taken = Outcomes(received=received, processed=fresh, duplicate=received - fresh, late=late)
        return taken + self.rejected


class ServiceCommit:
    """What one commit changes in one service; nothing is written before its `writes` are.

    It holds only if the service is still as it was read.
    """

    def __init__(
        self,
        states: DetectorStates,
        tenant: Tenant,
        store: TenantStore,
        read: ReadService,
        seen: SeenEntries,
    ) -> None:
        self.found: list[Anomaly] = []
        self._states = states
        self._tenant = tenant
        self._store = store
        self._read = read
        self._seen = seen
        self._changed: dict[int, ServiceState] = {}
        self._done: list[str] = []
        self._outcomes = Outcomes()
        self._batches = 0

    def take_in(self, part: ServicePart) -> None:
        """Add the entries of `part` that have not been seen."""
        fresh = self._seen.sort_out(part.entries)
        late = 0
        by_shard = self._by_shard(join_split(fresh))
        self._need(by_shard)
        for shard, entries in by_shard.items():
            observed = observe(
                self._state(shard),
                entries,
                thresholds=part.tenant.thresholds,
                calls=part.calls,
                waits=part.waits,
            )
            self._changed[shard] = observed.state
            late += observed.late
        self._account(part.ledger_id, part.outcomes(len(fresh), late=late), int(part.is_first))

    def fold(self, delta: BatchDelta) -> None:
        """Add what a batch has left, unless another one brought an entry of it meanwhile.

        Then its own process, which waits for it, takes the rest of it in.
        """
        if not self._seen.add(delta.digests):
            return
        late = delta.marked_late
        by_shard = partition(delta.windows, self._read.shards)
        self._need(by_shard)
        for shard, partial in by_shard.items():
            observed = absorb(self._state(shard), partial, thresholds=self._tenant.thresholds)
            self._changed[shard] = observed.state
            late += observed.late
        self._account(delta.key, replace(delta.outcomes, late=late), delta.batches)

    def judge_open(self) -> None:
        """Tell what the open windows that were touched show already."""
        for shard, state in self._changed.items():
            self._changed[shard], early = judge_open(
                state, tenant_id=self._tenant.tenant_id, thresholds=self._tenant.thresholds
            )
            self.found += early

    def judge(self, tick: TickDelta) -> None:
        """Judge what is over by a tick."""
        self._need(range(self._read.shards))
        for shard in range(self._read.shards):
            moved = advance(
                self._state(shard),
                tick.watermark_at,
                tenant_id=self._tenant.tenant_id,
                thresholds=self._tenant.thresholds,
                heard=tick.heard,
            )
            self.found += moved.anomalies
            self._changed[shard] = moved.state

    def has_done(self, ledger_id: str) -> bool:
        """Whether the work of this ledger key is in it."""
        return ledger_id in self._done

    @property
    def changes_nothing(self) -> bool:
        """Whether it would only say up to when has been judged, which is kept for all services."""
        before = self._read.states
        return not (self._done or self.found) and all(
            replace(state, watermark=before[shard].watermark) == before[shard]
            for shard, state in self._changed.items()
        )

    def written(self, now: datetime) -> WrittenService:
        """Return the writes of the service's states."""
        return self._states.write(self._read, self._changed, now)

    def other_writes(self, now: datetime) -> Iterator[Write]:
        """Yield what is written beside the states: digests, counters, ledger keys, anomalies."""
        yield from self._seen.writes(now)
        counted = dict(_by_type(self.found), batches=self._batches)
        if self._done or self.found:
            key = content_id("service", self._read.service)
            yield count(self._store.root, key, now, self._outcomes, **counted)
        done = LedgerEntry(now)
        for key in self._done:
            yield self._store.ledger.put(key, done, when=Existence.ABSENT)
        for anomaly in self.found:
            yield self._store.anomalies.put(anomaly.anomaly_id, anomaly)

    def _need(self, shards: Iterable[int]) -> None:
        """Read what has not been read of `shards`."""
        self._read = self._states.with_shards(self._read, shards)

    def _state(self, shard: int) -> ServiceState:
        return self._changed.get(shard) or self._read.states[shard]

    def _by_shard(self, entries: Sequence[LogEntry]) -> Mapping[int, Sequence[LogEntry]]:
        shards = self._read.shards
        if shards == 1:
            return {0: entries}
        found: dict[int, list[LogEntry]] = {}
        for entry in entries:
            found.setdefault(shard_of(entry.endpoint, shards), []).append(entry)
        return found

    def _account(self, key: str, outcomes: Outcomes, batches: int) -> None:
        self._done.append(key)
        self._outcomes += outcomes
        self._batches += batches


def _by_type(anomalies: Sequence[Anomaly]) -> dict[str, int]:
    counted = Counter(f"anomalies_{anomaly.anomaly_type.value}" for anomaly in anomalies)
    return {"anomalies": len(anomalies), **counted}
