"""What a batch or a tick does to one service: read, compute, and write it all in one commit."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from vigil.detection.detect import Detection, Observation, observe
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
    """Takes in one service's part of a batch, and keeps what a tick made of a service.

    Everything that follows is written in one commit, which holds only if the service's state is
    still as it was read. The part's ledger key is in that commit: a part that is delivered again
    changes nothing.
    """

    def __init__(self, documents: Documents, states: DetectorStates, events: EventOutbox) -> None:
        self._documents = documents
        self._states = states
        self._events = events

    def run(self, part: ServicePart, now: datetime) -> None:
        """Take the part in; raise PreconditionFailed if somebody else wrote the state first."""
        store = part.store
        path = self._states.path(store.root, part.service)
        seen = SeenEntries(store.root, part.service, part.entries)
        done, document, *seen_documents = self._documents.get(
            [store.ledger.path(part.ledger_id), path, *seen.paths]
        )
        if done is not None:
            return
        read = self._states.read(path, document, part.service)
        fresh, seen_writes = seen.sort_out(part.entries, seen_documents, now)
        observed = observe(
            read.state, join_split(fresh), thresholds=part.tenant.thresholds, calls=part.calls
        )
        kept = self._states.write(path, read, observed.state)
        self._documents.commit(
            [
                kept,
                *seen_writes,
                _counted(part, observed, len(fresh), now),
                store.ledger.put(part.ledger_id, LedgerEntry(now), when=Existence.ABSENT),
            ]
        )
        self._states.remember(kept, observed.state)

    def commit_tick(
        self, store: TenantStore, path: str, read: ReadState, found: Detection, now: datetime
    ) -> None:
        """Write what a tick found; raise PreconditionFailed if somebody else wrote first."""
        kept = self._states.write(path, read, found.state)
        writes = [kept, *self._anomaly_writes(store, found)]
        if found.anomalies:
            key = content_id("service", read.service)
            writes.append(count(store.root, key, now, Outcomes(), **_by_type(found.anomalies)))
        self._documents.commit(writes)
        self._states.remember(kept, found.state)

    def _anomaly_writes(self, store: TenantStore, found: Detection) -> Iterable[Write]:
        for anomaly in found.anomalies:
            yield store.anomalies.put(anomaly.anomaly_id, anomaly)
        yield from self._events.writes(store, [anomaly_detected(a) for a in found.anomalies])


def _counted(part: ServicePart, observed: Observation, fresh: int, now: datetime) -> Write:
    outcomes = Outcomes(
        received=len(part.entries),
        processed=fresh,
        duplicate=len(part.entries) - fresh,
        late=observed.late,
    )
    key = content_id("service", part.service)
    return count(part.store.root, key, now, outcomes, batches=int(part.is_first))


def _by_type(anomalies: Sequence[Anomaly]) -> dict[str, int]:
    counted = Counter(f"anomalies_{anomaly.anomaly_type.value}" for anomaly in anomalies)
    return {"anomalies": len(anomalies), **counted}
