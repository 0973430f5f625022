"""detect_anomalies: batches fill the windows of services, ticks judge them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from vigil.detection.calls import find_calls
from vigil.detection.detect import advance
from vigil.detection.service_state import ServiceState
from vigil.errors import PermanentError, PreconditionFailed, TransientError, VigilError
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.identity import content_id
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents, Existence
from vigil.stores.detector_states import DetectorStates
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import LedgerEntry, TenantStore, judge_until, judged_until
from vigil.stores.usage import count
from vigil.telemetry import logger
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.events import anomaly_detected
from vigil.workflows.service_detection import ServiceDetection, ServicePart

# A lost race is run again at once, since the winner's commit is done. Losing more often than this
# means that the service is too hot; redelivery then spreads the writers out.
_RACES = 10
# An entry that cannot be taken in is tried for longer than anybody may wait for the others.
_PATIENCE = timedelta(minutes=10)
_log = logger(__name__)


class DetectAnomalies:
    """Takes in batches, a service at a time, and judges what is over at each tick.

    Only ticks judge, since only they know of all services of a tenant: so what is found depends
    neither on the order of the batches nor on how they were cut.
    """

    def __init__(
        self, *, documents: Documents, events: EventOutbox, registry: Registry, clock: Clock
    ) -> None:
        self._documents = documents
        self._events = events
        self._registry = registry
        self._clock = clock
        self._states = DetectorStates(documents)
        self._services = ServiceDetection(documents, self._states, events)

    def handle(self, data: bytes) -> None:
        """Take in a batch as batch_logs published it.

        Raises PermanentError for a batch that no retry will help, TransientError to have it
        redelivered.
        """
        batch = LogBatch.parse(data)
        tenant = self._tenant(batch.tenant_id)
        store = TenantStore.of(self._documents, tenant)
        self._count_rejected(store, batch)
        calls = find_calls(batch.entries)
        trouble: list[VigilError] = []
        for position, (service, entries) in enumerate(_by_service(batch.entries)):
            part = ServicePart(
                tenant, store, batch.batch_id, service, entries, calls, is_first=position == 0
            )
            try:
                self._until_won(part)
            except VigilError as error:
                # The other services do not wait for this one.
                trouble.append(error)
        if trouble:
            raise next((e for e in trouble if isinstance(e, TransientError)), trouble[0])

    def tick(self, tenant_id: str, *, waiting_since: datetime | None = None) -> list[Anomaly]:
        """Judge the windows that are over by the clock, and publish what was found.

        `waiting_since` is when the oldest entry was published that has not been taken in yet: what
        is still to come from a backlog is waited for, though not for ever.
        """
        tenant = self._tenant(tenant_id)
        store = TenantStore.of(self._documents, tenant)
        now = self._clock()
        heard_until = max(min(now, waiting_since or now), now - _PATIENCE)
        lateness = timedelta(seconds=tenant.thresholds.allowed_lateness_seconds)
        judged_at = judged_until(store)
        watermark_at = max(heard_until - lateness, judged_at or heard_until - lateness)
        found, all_judged = self._judge(store, tenant, watermark_at)
        if all_judged:
            self._documents.commit([judge_until(store, watermark_at)])
        self._tell(store, found)
        return found

    def dead_letter(self, data: bytes) -> None:
        """Account for the entries of a batch that was given up, except for what of it was done.

        One that cannot be read, or whose tenant is gone, is nobody's: our own log tells of it.
        """
        try:
            batch = LogBatch.parse(data)
            tenant = self._tenant(batch.tenant_id)
        except PermanentError as error:
            _log.error("a batch that was given up is nobody's", reason=str(error))
            return
        store = TenantStore.of(self._documents, tenant)
        self._count_rejected(store, batch)
        for service, entries in _by_service(batch.entries):
            lost = Outcomes(received=len(entries), dead_lettered=len(entries))
            self._count_once(store, batch.batch_id, service, lost)

    def _tenant(self, tenant_id: str) -> Tenant:
        tenant = self._registry.tenant(tenant_id)
        if tenant is None:
            raise PermanentError("the batch names a tenant that does not exist")
        return tenant

    def _until_won(self, part: ServicePart) -> None:
        for _ in range(_RACES):
            try:
                return self._services.run(part, self._clock())
            except PreconditionFailed:
                continue
        raise TransientError("the state of a service was written by others each time")

    def _judge(
        self, store: TenantStore, tenant: Tenant, watermark_at: datetime
    ) -> tuple[list[Anomaly], bool]:
        """Return what was found, and whether every service could be judged."""
        states = self._states.of_tenant(store.root)
        heard = frozenset(window for _, read in states for window in read.state.heard)
        found: list[Anomaly] = []
        all_judged = True
        for path, read in states:
            if not _is_behind(read.state, watermark_at, tenant.thresholds.window_seconds):
                continue
            moved = advance(
                read.state,
                watermark_at,
                tenant_id=tenant.tenant_id,
                thresholds=tenant.thresholds,
                heard=heard,
            )
            try:
                self._services.commit_tick(store, path, read, moved, self._clock())
            except PreconditionFailed:
                # A batch came in between; the next tick looks again.
                all_judged = False
            except PermanentError:
                # The other services, and the tenant's alerts, do not wait for this one.
                _log.exception("a service could not be judged", tenant_id=store.tenant_id)
            else:
                found += moved.anomalies
        return found, all_judged

    def _tell(self, store: TenantStore, found: Sequence[Anomaly]) -> None:
        self._events.publish(store, [anomaly_detected(anomaly) for anomaly in found])

    def _count_rejected(self, store: TenantStore, batch: LogBatch) -> None:
        if batch.outcomes.received:
            # Not under the name of a service: there may be one without a name.
            self._count_once(store, content_id("rejected", batch.batch_id), "", batch.outcomes)

    def _count_once(
        self, store: TenantStore, batch_id: str, service: str, outcomes: Outcomes
    ) -> None:
        now = self._clock()
        ledger_id = content_id("batch", batch_id, service)
        done = store.ledger.put(ledger_id, LedgerEntry(now), when=Existence.ABSENT)
        counted = count(store.root, content_id("service", service), now, outcomes)
        try:
            self._documents.commit([done, counted])
        except PreconditionFailed:
            # It has been counted before.
            return


def _by_service(entries: Iterable[LogEntry]) -> list[tuple[str, list[LogEntry]]]:
    found: dict[str, list[LogEntry]] = {}
    for entry in entries:
        found.setdefault(entry.service, []).append(entry)
    return sorted(found.items())


def _is_behind(state: ServiceState, watermark_at: datetime, window_seconds: int) -> bool:
    """Whether the end of a window lies between what has been judged and `watermark_at`."""
    if state.watermark is None:
        return True
    judged = int(state.watermark.timestamp()) // window_seconds
    return judged < int(watermark_at.timestamp()) // window_seconds
