"""analyze_incidents: an incident is explained; nothing waits for it and nothing follows from it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from vigil.errors import PermanentError
from vigil.model.event import Event, EventType
from vigil.model.explanation import Explanation
from vigil.model.identity import content_id
from vigil.model.incident import Incident
from vigil.ports import Analyst, Clock, Documents
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.event_reading import id_in, subject_of, tenant_named


class AnalyzeIncidents:
    """Asks the analyst, keeps the answer, and tells of it.

    The page has gone out before (FAULTS B14). A second request for the same incident gives the same
    answer under the same fingerprint.
    """

    def __init__(
        self,
        *,
        documents: Documents,
        registry: Registry,
        analyst: Analyst,
        events: EventOutbox,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._registry = registry
        self._analyst = analyst
        self._events = events
        self._clock = clock

    def handle(self, attributes: Mapping[str, str], data: bytes) -> None:
        """Explain the incident of an `analysis_requested` event; any other changes nothing."""
        if attributes.get("event_type") != EventType.ANALYSIS_REQUESTED:
            return
        tenant = self._registry.tenant(tenant_named(attributes))
        if tenant is None:
            raise PermanentError("the event names a tenant that does not exist")
        store = TenantStore.of(self._documents, tenant)
        stored = store.incidents.get(id_in(subject_of(data, "incident"), "id"))
        if stored is not None:
            self._explain(store, stored.value)

    def _explain(self, store: TenantStore, incident: Incident) -> None:
        now = self._clock()
        anomalies = [s.value for s in store.anomalies.get_all(incident.anomaly_ids) if s]
        explanation = self._analyst.explain(incident, anomalies, now=now)
        event = _completed(incident, explanation, now)
        self._documents.commit(
            [
                store.analyses.put(explanation.fingerprint, explanation),
                *self._events.writes(store, [event]),
            ]
        )
        self._events.publish(store, [event])


def _completed(incident: Incident, explanation: Explanation, now: datetime) -> Event:
    kind = EventType.ANALYSIS_COMPLETED
    return Event(
        event_type=kind,
        event_id=content_id("event", kind, incident.incident_id, explanation.fingerprint),
        tenant_id=incident.tenant_id,
        occurred_at=now,
        subject_kind="analysis",
        subject={"incident_id": incident.incident_id, **asdict(explanation)},
        service=incident.root_cause.service,
        severity=incident.severity.value,
    )
