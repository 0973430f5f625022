"""Events that are told to other agents: kept with what caused them, then published."""

from collections.abc import Sequence

from vigil.errors import InvalidSettings, PermanentError, TransientError
from vigil.model.event import Event
from vigil.ports import Clock, Documents, Publisher, Write
from vigil.stores.queries import DUE_EVENTS
from vigil.stores.tenant_store import TenantStore, tenant_of
from vigil.telemetry import logger
from vigil.workflows.events import TOPIC, to_message

_SWEPT = 200
_log = logger(__name__)


class EventOutbox:
    """Publishes events at least once, whatever happens after the commit (FAULTS B10).

    `writes` go into the commit of what happened, `publish` follows it, and `sweep` publishes what a
    crash or an outage left behind. A reader drops a second publication by its `event_id`.
    """

    def __init__(self, *, documents: Documents, publisher: Publisher, clock: Clock) -> None:
        self._documents = documents
        self._publisher = publisher
        self._clock = clock

    def writes(self, store: TenantStore, events: Sequence[Event]) -> list[Write]:
        """Return the writes that keep `events` until they are published."""
        return [store.events.put(event.event_id, event) for event in events]

    def publish(self, store: TenantStore, events: Sequence[Event]) -> None:
        """Publish events whose commit has succeeded; what cannot go out now is swept up later."""
        if not events:
            return
        try:
            self._publisher.publish(TOPIC, [to_message(event) for event in events])
        except (TransientError, InvalidSettings) as error:
            _log.warning(
                "events not published, the next tick tries again",
                count=len(events),
                reason=str(error),
            )
            return
        except PermanentError as error:
            self._without_the_worst(store, events, error)
            return
        self._documents.commit([store.events.delete(event.event_id) for event in events])

    def _without_the_worst(
        self, store: TenantStore, events: Sequence[Event], error: PermanentError
    ) -> None:
        """Publish those that can be; one that never will be does not hold up the others."""
        if len(events) == 1:
            _log.error(
                "an event that cannot be published stays in its outbox",
                event_id=events[0].event_id,
                reason=str(error),
            )
            return
        for event in events:
            self.publish(store, [event])

    def sweep(self) -> None:
        """Publish what was left behind."""
        left: dict[str, list[Event]] = {}
        for document in self._documents.query(DUE_EVENTS, bound=self._clock(), limit=_SWEPT):
            tenant_id = tenant_of(document.path)
            event = TenantStore(self._documents, tenant_id).events.read(document).value
            left.setdefault(tenant_id, []).append(event)
        for tenant_id, events in left.items():
            self.publish(TenantStore(self._documents, tenant_id), events)
