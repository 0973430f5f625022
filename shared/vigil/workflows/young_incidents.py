"""What is known of an incident by the time it is told is little: look again while it is young."""

from datetime import timedelta

from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents
from vigil.stores.collection import Stored
from vigil.stores.queries import INCIDENTS_BY_STATUS
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.alert_changes import Changes
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.incident_changes import IncidentChanges
from vigil.workflows.incident_evidence import YOUNG_WINDOWS, IncidentEvidence


class LookAgain:
    """Completes what is known of young incidents as traces of their beginning come in.

    A page comes before most traces of the trouble have ended. What strays again completes its
    incident as well; this is for what strays once.
    """

    def __init__(self, *, documents: Documents, events: EventOutbox, clock: Clock) -> None:
        self._documents = documents
        self._events = events
        self._clock = clock
        self._evidence = IncidentEvidence(documents=documents)

    def run(self, tenant: Tenant) -> None:
        """Look at each young incident; raise PreconditionFailed if somebody else wrote first."""
        store, now = TenantStore.of(self._documents, tenant), self._clock()
        young = (YOUNG_WINDOWS + 1) * timedelta(seconds=tenant.thresholds.window_seconds)
        standing = store.incidents.query(
            INCIDENTS_BY_STATUS, equal={"status": IncidentStatus.OPEN.value}
        )
        for stored in standing:
            if stored.value.source is None and now - stored.value.started_at <= young:
                self._look(tenant, store, stored)

    def _look(self, tenant: Tenant, store: TenantStore, stored: Stored[Incident]) -> None:
        incident, now = stored.value, self._clock()
        members = _members(store, incident)
        if incident.root_cause.anomaly_id not in {each.anomaly_id for each in members}:
            return
        known = self._evidence.complete(tenant, store, incident, members, until=now)
        if known == incident:
            return
        changes = Changes()
        instant = incident.last_detected_at
        IncidentChanges(changes, tenant, store, now, instant=instant).change(stored, known, members)
        changes.writes += self._events.writes(store, changes.events)
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)


def _members(store: TenantStore, incident: Incident) -> list[Anomaly]:
    found = store.anomalies.get_all(incident.anomaly_ids)
    return [stored.value for stored in found if stored is not None]
