"""From stored anomalies to incidents and alerts, one commit for each instant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from vigil.incidents.correlation import Correlation, correlate
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents, Existence, Put
from vigil.stores.tenant_store import TenantStore, Turn
from vigil.stores.usage import count
from vigil.telemetry import logger
from vigil.workflows.alert_changes import Changes
from vigil.workflows.correlation_scene import Scene, read_scene
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.incident_changes import IncidentChanges
from vigil.workflows.incident_evidence import IncidentEvidence

_TURN = "correlation"
_log = logger(__name__)


class CorrelateAnomalies:
    """Puts anomalies into incidents, and opens, folds and resolves their alerts.

    Everything that follows from one instant is one commit: there is no incident without its alert
    and no alert without its notifications (FAULTS C05). Two correlations of one tenant cannot both
    win, since each takes its turn in its commit.
    """

    def __init__(self, *, documents: Documents, events: EventOutbox, clock: Clock) -> None:
        self._documents = documents
        self._events = events
        self._clock = clock
        self._evidence = IncidentEvidence(documents=documents)

    def run(
        self, tenant: Tenant, settled_until: datetime, told_until: datetime | None = None
    ) -> None:
        """Correlate all that was detected up to `settled_until`.

        Of what was detected after that, up to `told_until`, what needs not wait is taken too.
        Raises PreconditionFailed if somebody else wrote first; what was done until then is done.
        """
        store = TenantStore.of(self._documents, tenant)
        while True:
            turn = store.turns.get(_TURN)
            scene = read_scene(tenant, store, settled_until, told_until or settled_until)
            correlation = correlate(
                scene.pending,
                [stored.value for stored in scene.incidents.values()],
                scene.members,
                settled_until=scene.instant,
                quiet_until=scene.quiet_until,
                thresholds=tenant.thresholds,
                surroundings=scene.surroundings,
            )
            if correlation.incidents or correlation.assigned:
                when = turn.unchanged if turn else Existence.ABSENT
                taken = store.turns.put(_TURN, Turn(self._clock()), when=when)
                self._commit(tenant, store, scene, correlation, taken)
            if not scene.pending:
                return

    def _commit(
        self,
        tenant: Tenant,
        store: TenantStore,
        scene: Scene,
        correlation: Correlation,
        turn: Put,
    ) -> None:
        now = self._clock()
        changes = Changes([turn])
        incidents = IncidentChanges(
            changes, tenant, store, now, instant=scene.instant, inherited=_inherited(correlation)
        )
        for incident in correlation.incidents:
            before = scene.incidents.get(incident.incident_id)
            members = correlation.members.get(incident.incident_id, ())
            incidents.change(before, self._completed(tenant, store, incident, members), members)
        changes.writes += [
            *(store.anomalies.put(a.anomaly_id, a) for a in _assigned(scene, correlation)),
            count(
                store.root,
                "incidents",
                now,
                Outcomes(),
                incidents=incidents.opened,
                alerts=incidents.alerted,
            ),
            *self._events.writes(store, changes.events),
        ]
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)

    def _completed(
        self, tenant: Tenant, store: TenantStore, incident: Incident, members: Sequence[Anomaly]
    ) -> Incident:
        try:
            return self._evidence.complete(tenant, store, incident, members)
        except Exception:
            # It only explains: no page waits for it.
            _log.exception("an incident is told without its evidence", tenant_id=store.tenant_id)
            return incident


def _inherited(correlation: Correlation) -> set[str]:
    """Return the alerts that an open incident has, whichever opened them: they do not end."""
    return {
        incident.alert_id
        for incident in correlation.incidents
        if incident.status is IncidentStatus.OPEN and incident.alert_id
    }


def _assigned(scene: Scene, correlation: Correlation) -> Sequence[Anomaly]:
    """Return the anomalies whose incident is new or has changed, with it."""
    known = [*scene.pending, *(a for members in scene.members.values() for a in members)]
    return [
        replace(anomaly, incident_id=correlation.assigned[anomaly.anomaly_id])
        for anomaly in {anomaly.anomaly_id: anomaly for anomaly in known}.values()
        if anomaly.anomaly_id in correlation.assigned
    ]
