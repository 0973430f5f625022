"""What a correlation did, as one commit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from vigil.incidents.correlation import Correlation
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Documents
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import count
from vigil.telemetry import logger
from vigil.workflows.alert_changes import BY_VIGIL, Changes
from vigil.workflows.correlation_scene import Scene
from vigil.workflows.incident_changes import IncidentChanges
from vigil.workflows.incident_evidence import IncidentEvidence

# A commit has 10 MiB at most, and an anomaly up to five kilobytes.
_MOST_MOVED = 300
_log = logger(__name__)


class Correlated:
    """Adds to the changes of one commit all that follows from a correlation.

    There is no incident without its alert and no alert without its notifications (FAULTS C05).
    """

    def __init__(self, *, documents: Documents) -> None:
        self._evidence = IncidentEvidence(documents=documents)

    def add(  # noqa: PLR0913 - what a correlation depends on
        self,
        changes: Changes,
        tenant: Tenant,
        store: TenantStore,
        scene: Scene,
        correlation: Correlation,
        *,
        now: datetime,
        by: str = BY_VIGIL,
    ) -> None:
        """Add to `changes` the incidents, the alerts and the anomalies that are in them.

        `by` says who made the alerts change, Vigil itself or who has raised an alert.
        """
        incidents = IncidentChanges(
            changes,
            tenant,
            store,
            now,
            instant=scene.instant,
            inherited=_inherited(correlation),
            by=by,
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
        ]

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
    """Return the anomalies whose incident is new or has changed, with it.

    Where whole incidents have become part of others, it is the latest `_MOST_MOVED`: later ones are
    linked to those. The rest keeps the incident that it was found with, which names the other.
    """
    known = [*scene.pending, *(a for members in scene.members.values() for a in members)]
    merged = {i.incident_id for i in correlation.incidents if i.merged_into is not None}
    assigned = [
        anomaly
        for anomaly in {anomaly.anomaly_id: anomaly for anomaly in known}.values()
        if anomaly.anomaly_id in correlation.assigned
    ]
    moved = sorted(
        [anomaly for anomaly in assigned if anomaly.incident_id in merged],
        key=lambda anomaly: anomaly.detected_at,
        reverse=True,
    )
    left_behind = {anomaly.anomaly_id for anomaly in moved[_MOST_MOVED:]}
    return [
        replace(anomaly, incident_id=correlation.assigned[anomaly.anomaly_id])
        for anomaly in assigned
        if anomaly.anomaly_id not in left_behind
    ]
