"""What people do with an incident."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from vigil.alerting import lifecycle as alerts
from vigil.errors import PreconditionFailed, TransientError
from vigil.incidents import lifecycle as incidents
from vigil.logs.redaction import redact
from vigil.model.alert import Alert
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


@dataclass(frozen=True, slots=True)
class _Action:
    """What somebody does with an incident and its alert, and the event that tells of it."""

    by: str
    note: str
    tells: EventType
    of_incident: Callable[[Incident, datetime], Incident]
    of_alert: Callable[[Alert, datetime], Alert]


class IncidentActions:
    """Resolves and reopens incidents, and their alerts with them.

    Doing either again changes nothing. Notes are kept redacted. An incident that has become part of
    another raises InvalidRequest; of one that is not there they return None.
    """

    def __init__(
        self, *, documents: Documents, events: EventOutbox, registry: Registry, clock: Clock
    ) -> None:
        self._documents = documents
        self._events = events
        self._registry = registry
        self._clock = clock

    def resolve(
        self, store: TenantStore, incident_id: str, *, by: str, note: str | None
    ) -> Incident | None:
        """Return the incident, resolved, as `AlertActions` resolves the alert of one."""
        kept = _redacted(note)
        action = _Action(
            by,
            kept,
            EventType.INCIDENT_RESOLVED,
            # The note on an alert stands in the alert.
            lambda incident, now: incidents.resolve(
                incident, by=by, now=now, note="" if incident.alert_id else kept
            ),
            lambda alert, now: alerts.resolve(alert, by=by, now=now, note=kept or None),
        )
        return self._change(store, incident_id, action)

    def reopen(
        self, store: TenantStore, incident_id: str, *, by: str, note: str | None
    ) -> Incident | None:
        """Return the incident, open again with its alert.

        Who reopens it has it: the alert is acknowledged by them, and nobody is woken.
        """
        kept = _redacted(note)
        action = _Action(
            by,
            kept,
            EventType.INCIDENT_REOPENED,
            lambda incident, now: incidents.reopen(incident, by=by, now=now, note=kept),
            lambda alert, now: alerts.reopen(alert, by=by, now=now),
        )
        return self._change(store, incident_id, action)

    def _change(self, store: TenantStore, incident_id: str, action: _Action) -> Incident | None:
        for _ in range(_RACES):
            try:
                return self._try(store, incident_id, action)
            except PreconditionFailed:
                continue
        raise TransientError("the incident was changed by others each time")

    def _try(self, store: TenantStore, incident_id: str, action: _Action) -> Incident | None:
        before = store.incidents.get(incident_id)
        tenant = self._registry.tenant(store.tenant_id)
        if before is None or tenant is None:
            return None
        store, now = TenantStore.of(self._documents, tenant), self._clock()
        after = action.of_incident(before.value, now)
        if after == before.value:
            return after
        changes = Changes([store.incidents.put(incident_id, after, when=before.unchanged)])
        _change_alert(changes, store, tenant, after, action=action, now=now)
        changes.events.append(incident_event(action.tells, after, now, shadow=tenant.in_shadow))
        changes.writes += self._events.writes(store, changes.events)
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)
        return after


def _redacted(note: str | None) -> str:
    return "" if note is None else redact(note)


def _change_alert(  # noqa: PLR0913 - what a change consists of
    changes: Changes,
    store: TenantStore,
    tenant: Tenant,
    incident: Incident,
    *,
    action: _Action,
    now: datetime,
) -> None:
    before = store.alerts.get(incident.alert_id) if incident.alert_id else None
    if before is not None:
        after = action.of_alert(before.value, now)
        change_alert(changes, store, tenant, before, after, by=action.by, now=now, note=action.note)
