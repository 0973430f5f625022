"""What people do with an incident, beside what they do with its alert."""

from datetime import datetime

from vigil.alerting import lifecycle
from vigil.errors import PreconditionFailed, TransientError
from vigil.incidents.reopening import reopen
from vigil.logs.redaction import redact
from vigil.model.event import EventType
from vigil.model.incident import Incident
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.alert_changes import Changes, change_alert
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.events import incident_event

_RACES = 10


class IncidentActions:
    """Reopens incidents. Doing so again changes nothing."""

    def __init__(
        self, *, documents: Documents, events: EventOutbox, registry: Registry, clock: Clock
    ) -> None:
        self._documents = documents
        self._events = events
        self._registry = registry
        self._clock = clock

    def reopen(
        self, store: TenantStore, incident_id: str, *, by: str, note: str | None
    ) -> Incident | None:
        """Return the incident, open again with its alert; None if there is no such incident.

        Who reopens it has it: the alert is acknowledged by them, and nobody is woken. The note is
        kept redacted. Raises InvalidRequest for one that has become part of another.
        """
        kept = "" if note is None else redact(note)
        for _ in range(_RACES):
            try:
                return self._try(store, incident_id, by, kept)
            except PreconditionFailed:
                continue
        raise TransientError("the incident was changed by others each time")

    def _try(self, store: TenantStore, incident_id: str, by: str, note: str) -> Incident | None:
        before = store.incidents.get(incident_id)
        tenant = self._registry.tenant(store.tenant_id)
        if before is None or tenant is None:
            return None
        store, now = TenantStore.of(self._documents, tenant), self._clock()
        after = reopen(before.value, by=by, now=now, note=note)
        if after == before.value:
            return after
        changes = Changes([store.incidents.put(incident_id, after, when=before.unchanged)])
        reopened = incident_event(EventType.INCIDENT_REOPENED, after, now, shadow=tenant.in_shadow)
        changes.events.append(reopened)
        _reopen_alert(changes, store, tenant, after, by=by, now=now, note=note)
        changes.writes += self._events.writes(store, changes.events)
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)
        return after


def _reopen_alert(  # noqa: PLR0913 - what a change consists of
    changes: Changes,
    store: TenantStore,
    tenant: Tenant,
    incident: Incident,
    *,
    by: str,
    now: datetime,
    note: str,
) -> None:
    alert = store.alerts.get(incident.alert_id) if incident.alert_id else None
    if alert is not None:
        again = lifecycle.reopen(alert.value, by=by, now=now)
        change_alert(changes, store, tenant, alert, again, by=by, now=now, note=note)
