"""All that is kept of one incident, read together."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.incidents.timeline import Moment, timeline
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident
from vigil.stores.queries import ALERT_HISTORY, NOTIFICATIONS_OF_ALERT
from vigil.stores.tenant_store import TenantStore

MOST_READ = 200


@dataclass(frozen=True, slots=True)
class IncidentStory:
    """An incident, the anomalies that are still kept of it, and what happened in order of time."""

    incident: Incident
    anomalies: Sequence[Anomaly]
    moments: Sequence[Moment]


def incident_story(store: TenantStore, incident_id: str) -> IncidentStory | None:
    """Return the story of an incident, None if there is none with this id."""
    stored = store.incidents.get(incident_id)
    if stored is None:
        return None
    incident = stored.value
    kept = store.anomalies.get_all(incident.anomaly_ids[:MOST_READ])
    anomalies = [each.value for each in kept if each]
    return IncidentStory(incident, anomalies, _moments(store, incident, anomalies))


def _moments(
    store: TenantStore, incident: Incident, anomalies: Sequence[Anomaly]
) -> Sequence[Moment]:
    if incident.alert_id is None:
        return timeline(incident, anomalies)
    history = store.history(incident.alert_id).query(ALERT_HISTORY, limit=MOST_READ)
    about = {"alert_id": incident.alert_id}
    told = store.notifications.query(NOTIFICATIONS_OF_ALERT, equal=about, limit=MOST_READ)
    return timeline(
        incident,
        anomalies,
        alert_changes=[each.value for each in history],
        told=[each.value for each in told],
    )
