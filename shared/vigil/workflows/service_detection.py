"""One service's part of a batch: read, detect, and write it all in one commit."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from vigil.detection.detect import Detection, detect
from vigil.detection.open_windows import Calls
from vigil.logs.log_entry import LogEntry
from vigil.logs.split_entries import join_split
from vigil.model.anomaly import Anomaly
from vigil.model.identity import content_id
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Documents, Existence, Write
from vigil.stores.detector_states import DetectorStates, ReadState, SeenEntries
from vigil.stores.tenant_store import LedgerEntry, TenantStore
from vigil.stores.usage import count
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.events import anomaly_detected


@dataclass(frozen=True, slots=True)
class ServicePart:
    """The entries of one service in one batch; `calls` are those seen in the whole batch."""

    tenant: Tenant
    store: TenantStore
    batch_id: str
    service: str
    entries: Sequence[LogEntry]
    calls: Calls
    is_first: bool

    @property
    def ledger_id(self) -> str:
        """The key under which this work is known once it is done."""
        return content_id("batch", self.batch_id, self.service)


class ServiceDetection:
    """Runs the detector over one service's part of a batch.

    The state is read, the detector run, and everything that follows from it written in one commit,
    which holds only if the state is still as it was read. The part's ledger key is in that commit:
    a part that is delivered again gives the anomalies that it gave before, and changes nothing.
    """

    def __init__(self, documents: Documents, states: DetectorStates, events: EventOutbox) -> None:
        self._documents = documents
        self._states = states
        self._events = events

    def run(self, part: ServicePart, now: datetime) -> Sequence[Anomaly]:
        """Return what was found; raise PreconditionFailed if somebody else wrote first."""
        store = part.store
        path = self._states.path(store.root, part.service)
        seen = SeenEntries(store.root, part.service, part.entries)
        done, document, *seen_documents = self._documents.get(
            [store.ledger.path(part.ledger_id), path, *seen.paths]
        )
        if done is not None:
            return self._found_before(store, store.ledger.read(done).value)
        read = self._states.read(path, document, part.service)
        fresh, seen_writes = seen.sort_out(part.entries, seen_documents, now)
        found = detect(
            read.state,
            join_split(fresh),
            tenant_id=store.tenant_id,
            thresholds=part.tenant.thresholds,
            calls=part.calls,
        )
        writes = [
            self._states.write(path, read, found.state),
            *seen_writes,
            *self._anomaly_writes(store, found),
            self._count(part, found, len(fresh), now),
            self._done(part, found, now),
        ]
        self._documents.commit(writes)
        self._states.remember(path, read, found.state)
        return found.anomalies

    def commit_tick(
        self, store: TenantStore, path: str, read: ReadState, found: Detection, now: datetime
    ) -> None:
        """Write what a tick found; raise PreconditionFailed if somebody else wrote first."""
        writes = [
            self._states.write(path, read, found.state),
            *self._anomaly_writes(store, found),
        ]
        if found.anomalies:
            key = content_id("service", read.service)
            writes.append(count(store.root, key, now, Outcomes(), **_by_type(found.anomalies)))
        self._documents.commit(writes)
        self._states.remember(path, read, found.state)

    def _found_before(self, store: TenantStore, done: LedgerEntry) -> list[Anomaly]:
        return [stored.value for stored in store.anomalies.get_all(done.results) if stored]

    def _anomaly_writes(self, store: TenantStore, found: Detection) -> Iterable[Write]:
        for anomaly in found.anomalies:
            yield store.anomalies.put(anomaly.anomaly_id, anomaly)
        yield from self._events.writes(store, [anomaly_detected(a) for a in found.anomalies])

    def _count(self, part: ServicePart, found: Detection, fresh: int, now: datetime) -> Write:
        outcomes = Outcomes(
            received=len(part.entries),
            processed=fresh,
            duplicate=len(part.entries) - fresh,
            late=found.late,
        )
        return count(
            part.store.root,
            content_id("service", part.service),
            now,
            outcomes,
            batches=int(part.is_first),
            **_by_type(found.anomalies),
        )

    def _done(self, part: ServicePart, found: Detection, now: datetime) -> Write:
        results = tuple(anomaly.anomaly_id for anomaly in found.anomalies)
        entry = LedgerEntry(now, results)
        return part.store.ledger.put(part.ledger_id, entry, when=Existence.ABSENT)


def _by_type(anomalies: Sequence[Anomaly]) -> dict[str, int]:
    counted = Counter(f"anomalies_{anomaly.anomaly_type.value}" for anomaly in anomalies)
    return {"anomalies": len(anomalies), **counted}
