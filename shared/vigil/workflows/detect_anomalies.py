"""detect_anomalies: batches fill the windows of services, ticks judge them."""

import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from vigil.detection.calls import find_calls
from vigil.detection.service_state import ServiceState
from vigil.errors import PermanentError, PreconditionFailed, TransientError
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents, Existence
from vigil.stores.deltas import TickDelta
from vigil.stores.detector_states import DetectorStates, ReadService
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import JUDGED, TenantStore, judge_until
from vigil.stores.traffic_records import TrafficRecords
from vigil.telemetry import logger
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.held_traces import HeldTraces
from vigil.workflows.held_waits import HeldWaits
from vigil.workflows.noticed_changes import NoticedChanges
from vigil.workflows.service_commit import ServicePart
from vigil.workflows.service_detection import ServiceDetection, Sleep
from vigil.workflows.service_pace import Pace

# How often a tick looks again at services that were written by others, or too hot to be written.
_ROUNDS = 5
# One service may be in trouble for itself; with so many the store is, and each waits long for it.
_TROUBLE = 3
# An entry that cannot be taken in is tried for longer than anybody may wait for the others.
_PATIENCE = timedelta(minutes=10)
_log = logger(__name__)


class DetectAnomalies:
    """Takes in batches, a service at a time, and judges what is over at each tick.

    Only ticks judge, since only they know of all services of a tenant: so what is found depends
    neither on the order of the batches nor on how they were cut.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        documents: Documents,
        events: EventOutbox,
        registry: Registry,
        clock: Clock,
        pace: Pace,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._documents = documents
        self._registry = registry
        self._clock = clock
        self._pause = pace.every.total_seconds() * 1.5
        self._sleep = sleep
        self._states = DetectorStates(documents)
        self._waits = HeldWaits()
        self._traces = HeldTraces()
        self._changes = NoticedChanges(documents)
        self._services = ServiceDetection(
            documents=documents,
            states=self._states,
            events=events,
            clock=clock,
            pace=pace,
            sleep=sleep,
        )

    def handle(self, data: bytes) -> None:
        """Take in a batch as batch_logs published it.

        Raises PermanentError for a batch that no retry will help, TransientError to have it
        redelivered.
        """
        batch = LogBatch.parse(data)
        tenant = self._tenant(batch.tenant_id)
        store = TenantStore.of(self._documents, tenant)
        self._keep_observed(tenant, store, batch)
        calls = find_calls(batch.entries)
        waits = self._waits.take_in(batch.tenant_id, batch.entries)
        parts = [
            ServicePart(
                tenant,
                store,
                batch.batch_id,
                service,
                entries,
                calls,
                is_first=position == 0,
                rejected=Outcomes() if position else batch.outcomes,
                waits=waits,
            )
            for position, (service, entries) in enumerate(by_service(batch))
        ]
        trouble = self._services.take_in(parts)
        if trouble:
            raise next((e for e in trouble if isinstance(e, TransientError)), trouble[0])

    def tick(self, tenant_id: str, *, waiting_since: datetime | None = None) -> None:
        """Judge the windows that are over by the clock, and publish what was found.

        `waiting_since` is when the oldest entry was published that has not been taken in yet: what
        is still to come from a backlog is waited for, though not for ever.
        """
        tenant = self._tenant(tenant_id)
        store = TenantStore.of(self._documents, tenant)
        now = self._clock()
        heard_until = max(min(now, waiting_since or now), now - _PATIENCE)
        lateness = timedelta(seconds=tenant.thresholds.allowed_lateness_seconds)
        turn = store.turns.get(JUDGED)
        judged_at = turn.value.reached_at if turn else None
        watermark_at = max(heard_until - lateness, judged_at or heard_until - lateness)
        if self._judge(store, tenant, watermark_at, judged_at):
            when = turn.unchanged if turn else Existence.ABSENT
            # A failed precondition: another tick has been quicker, and the mark never goes back.
            with suppress(PreconditionFailed):
                self._documents.commit([judge_until(store, watermark_at, when=when)])

    def _keep_observed(self, tenant: Tenant, store: TenantStore, batch: LogBatch) -> None:
        """Keep what was requested, what the traces showed that are complete now, and changes.

        Before the batch is taken in: if this fails, the batch comes again and does all of it.
        """
        records = TrafficRecords(
            self._documents, store.root, window_seconds=tenant.thresholds.window_seconds
        )
        slices = self._traces.take_in(tenant, batch.entries)
        writes = [records.put(at, batch.batch_id, observed) for at, observed in slices]
        try:
            # Failed: another process had the batch as well, and has kept this already.
            with suppress(PreconditionFailed):
                self._documents.commit(writes)
        except PermanentError:
            # No entry is given up because what was observed beside it cannot be kept.
            _log.exception("what a batch shows is not kept", tenant_id=store.tenant_id)
        except BaseException:
            self._traces.forget(tenant, batch.entries)
            raise
        self._changes.take_in(store, batch.entries)

    def _tenant(self, tenant_id: str) -> Tenant:
        tenant = self._registry.tenant(tenant_id)
        if tenant is None:
            raise PermanentError("the batch names a tenant that does not exist")
        return tenant

    def _judge(
        self,
        store: TenantStore,
        tenant: Tenant,
        watermark_at: datetime,
        judged_at: datetime | None,
    ) -> bool:
        """Return whether every service could be judged."""
        services = self._states.of_tenant(store.root, judged_at)
        states = [state for read in services for state in read.states.values()]
        heard = frozenset(at for state in states for at in state.heard)
        tick = TickDelta(watermark_at, heard, self._clock())
        left = self._judge_each(services, tenant, store, tick)
        for _ in range(_ROUNDS):
            if not left:
                return True
            self._sleep(self._pause)
            # Each just before it is judged: what was read a second ago has been written since.
            again = (self._services.read_again(store, read) for read in left)
            left = self._judge_each(again, tenant, store, tick)
        # The next tick looks again.
        return not left

    def _judge_each(
        self, services: Iterable[ReadService], tenant: Tenant, store: TenantStore, tick: TickDelta
    ) -> list[ReadService]:
        """Return the services that are still to be judged.

        Raises TransientError when all have had their turn, if one of them was in trouble.
        """
        left: list[ReadService] = []
        trouble: list[TransientError] = []
        for read in services:
            if not _is_behind(read.states[0], tick.watermark_at, tenant.thresholds.window_seconds):
                continue
            try:
                if not self._is_judged(tenant, store, read, tick):
                    left.append(read)
            except TransientError as error:
                trouble.append(error)
            if len(trouble) == _TROUBLE:
                break
        if trouble:
            raise trouble[0]
        return left

    def _is_judged(
        self, tenant: Tenant, store: TenantStore, read: ReadService, tick: TickDelta
    ) -> bool:
        """Judge a service; return whether that is done, or never will be."""
        try:
            return self._services.judge(tenant, store, read, tick)
        except PreconditionFailed:
            return False
        except PermanentError:
            # The other services, and the tenant's alerts, do not wait for this one.
            _log.exception("a service could not be judged", tenant_id=store.tenant_id)
            return True


def by_service(batch: LogBatch) -> list[tuple[str, list[LogEntry]]]:
    """Return the entries of each service; of a batch without any, those of no service, none.

    With the first of them goes what was rejected before the batch went out.
    """
    found: dict[str, list[LogEntry]] = {}
    for entry in batch.entries:
        found.setdefault(entry.service, []).append(entry)
    return sorted(found.items()) or [("", [])]


def _is_behind(state: ServiceState, watermark_at: datetime, window_seconds: int) -> bool:
    """Whether the end of a window lies between what has been judged and `watermark_at`."""
    if state.watermark is None:
        return True
    judged = int(state.watermark.timestamp()) // window_seconds
    return judged < int(watermark_at.timestamp()) // window_seconds
