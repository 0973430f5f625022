"""What people do with an alert."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from vigil.alerting.lifecycle import acknowledge, resolve
from vigil.errors import PreconditionFailed, TransientError
from vigil.logs.redaction import redact
from vigil.model.alert import Alert
from vigil.model.event import EventType
from vigil.model.incident import IncidentStatus
from vigil.ports import Clock, Documents
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.alert_changes import Changes, change_alert
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.events import incident_event

_RACES = 10
Step = Callable[[Alert, datetime], Alert]


class AlertActions:
    """Acknowledges and resolves alerts. Doing either again changes nothing."""

    def __init__(
        self, *, documents: Documents, events: EventOutbox, registry: Registry, clock: Clock
    ) -> None:
        self._documents = documents
        self._events = events
        self._registry = registry
        self._clock = clock

    def acknowledge(self, store: TenantStore, alert_id: str, *, by: str) -> Alert | None:
        """Return the alert, acknowledged by the first who did so; None if there is no such alert.

        Raises InvalidRequest for a resolved one.
        """
        return self._change(store, alert_id, lambda a, now: acknowledge(a, by=by, now=now), by)

    def resolve(
        self, store: TenantStore, alert_id: str, *, by: str, note: str | None
    ) -> Alert | None:
        """Return the alert, resolved, and its incident with it; None if there is no such alert.

        The note is kept redacted.
        """
        kept = None if note is None else redact(note)
        return self._change(
            store, alert_id, lambda a, now: resolve(a, by=by, now=now, note=kept), by
        )

    def _change(self, store: TenantStore, alert_id: str, step: Step, by: str) -> Alert | None:
        for _ in range(_RACES):
            try:
                return self._try(store, alert_id, step, by)
            except PreconditionFailed:
                continue
        raise TransientError("the alert was changed by others each time")

    def _try(self, store: TenantStore, alert_id: str, step: Step, by: str) -> Alert | None:
        before = store.alerts.get(alert_id)
        tenant = self._registry.tenant(store.tenant_id)
        if before is None or tenant is None:
            return None
        store = TenantStore.of(self._documents, tenant)
        now = self._clock()
        after = step(before.value, now)
        changes = Changes()
        change_alert(changes, store, tenant, before, after, by=by, now=now)
        if not changes.writes:
            return after
        _end_incident(changes, store, after, now, shadow=tenant.in_shadow)
        changes.writes += self._events.writes(store, changes.events)
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)
        return after


def _end_incident(
    changes: Changes, store: TenantStore, alert: Alert, now: datetime, *, shadow: bool
) -> None:
    """Add the end of the incident, if the alert is resolved and it has not ended."""
    incident = store.incidents.get(alert.incident_id)
    if alert.is_active or incident is None or incident.value.status is not IncidentStatus.OPEN:
        return
    ended = replace(
        incident.value,
        status=IncidentStatus.RESOLVED,
        resolved_at=alert.resolved_at,
        resolved_by=alert.resolved_by,
    )
    changes.writes.append(store.incidents.put(ended.incident_id, ended, when=incident.unchanged))
    event = incident_event(EventType.INCIDENT_RESOLVED, ended, now, shadow=shadow)
    changes.events.append(event)
