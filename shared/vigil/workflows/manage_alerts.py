"""manage_alerts: anomalies become incidents and alerts, alerts are told, and what is over ends."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from vigil.errors import PermanentError, PreconditionFailed, TransientError
from vigil.model.event import EventType
from vigil.model.explanation import Explanation
from vigil.model.incident import Incident
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents, OfVersion, Write
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore, judged_until
from vigil.workflows.correlate_anomalies import CorrelateAnomalies
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.event_reading import id_in, subject_of, tenant_named
from vigil.workflows.received_events import read_alert_received
from vigil.workflows.send_notifications import SendNotifications
from vigil.workflows.take_received_alerts import TakeReceivedAlerts
from vigil.workflows.traffic_folding import FoldTraffic
from vigil.workflows.young_incidents import LookAgain

_RACES = 10


class ManageAlerts:
    """The one place in which alerts change by themselves."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        documents: Documents,
        registry: Registry,
        correlate: CorrelateAnomalies,
        take: TakeReceivedAlerts,
        send: SendNotifications,
        events: EventOutbox,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._registry = registry
        self._correlate = correlate
        self._take = take
        self._send = send
        self._events = events
        self._clock = clock
        self._fold = FoldTraffic(documents=documents, clock=clock)
        self._look_again = LookAgain(documents=documents, events=events, clock=clock)

    def handle(self, attributes: Mapping[str, str], data: bytes) -> None:
        """Do what an event asks for; one of a type that is not for here changes nothing."""
        match attributes.get("event_type"):
            case EventType.ANOMALY_DETECTED:
                self.correlate(tenant_named(attributes))
            case EventType.ALERT_RECEIVED:
                tenant, group = self._tenant(tenant_named(attributes)), read_alert_received(data)
                _until_won(lambda: self._take.run(tenant, group))
            case EventType.ANALYSIS_COMPLETED:
                store = TenantStore.of(self._documents, self._tenant(tenant_named(attributes)))
                told = subject_of(data, "analysis")
                incident_id, fingerprint = id_in(told, "incident_id"), id_in(told, "fingerprint")
                _until_won(lambda: self._attach(store, incident_id, fingerprint))
        self._send.run()

    def deliver(self) -> None:
        """Send what is due for any tenant, and publish what an earlier crash left behind."""
        # Nobody's page waits for what other agents hear.
        self._send.run()
        self._events.sweep()

    def correlate(self, tenant_id: str) -> None:
        """Correlate up to where all services have been judged, less the tenant's group wait.

        What was found early and need not wait is taken after the group wait alone.

        To be asked by each tick as well, since what has been quiet ends by time alone, and a crash
        may have left anomalies that no event tells of (FAULTS C04).
        """
        tenant = self._tenant(tenant_id)
        judged_at = judged_until(TenantStore.of(self._documents, tenant))
        if judged_at is not None:
            wait = timedelta(seconds=tenant.thresholds.group_wait_seconds)
            settled_until, told_until = judged_at - wait, self._clock() - wait
            _until_won(lambda: self._correlate.run(tenant, settled_until, told_until))

    def tick(self, tenant_id: str) -> None:
        """Correlate, look again at what began lately, and learn from traces what is usual."""
        self.correlate(tenant_id)
        tenant = self._tenant(tenant_id)
        _until_won(lambda: self._look_again.run(tenant))
        self._fold.run(tenant)

    def _tenant(self, tenant_id: str) -> Tenant:
        tenant = self._registry.tenant(tenant_id)
        if tenant is None:
            raise PermanentError("the event names a tenant that does not exist")
        return tenant

    def _attach(self, store: TenantStore, incident_id: str, fingerprint: str) -> None:
        """Put an explanation beside what it explains; it changes nothing else (FAULTS G7)."""
        incident, analysis = store.incidents.get(incident_id), store.analyses.get(fingerprint)
        if incident is None or analysis is None or incident.value.explanation == analysis.value:
            return
        explained = replace(incident.value, explanation=analysis.value)
        writes: list[Write] = [store.incidents.put(incident_id, explained, when=incident.unchanged)]
        writes += _explained_parts(store, incident.value, analysis.value)
        self._documents.commit(writes)


def _explained_parts(
    store: TenantStore, incident: Incident, explanation: Explanation
) -> list[Write]:
    """Return the writes that put the summary beside the root anomaly, wherever that is kept."""
    writes: list[Write] = []
    root = store.anomalies.get(incident.root_cause.anomaly_id)
    if root is not None:
        explained = replace(root.value, analysis=explanation.labelled_summary)
        writes.append(
            store.anomalies.put(explained.anomaly_id, explained, when=OfVersion(root.version))
        )
    alert = store.alerts.get(incident.alert_id) if incident.alert_id else None
    if alert is not None:
        blamed = replace(alert.value.anomaly, analysis=explanation.labelled_summary)
        revised = replace(alert.value, anomaly=blamed, revision=alert.value.revision + 1)
        writes.append(store.alerts.put(revised.alert_id, revised, when=alert.unchanged))
    return writes


def _until_won(attempt: Callable[[], None]) -> None:
    for _ in range(_RACES):
        try:
            return attempt()
        except PreconditionFailed:
            continue
    raise TransientError("what was read was written by others each time")
