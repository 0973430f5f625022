"""All that is kept of one incident, read together."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.incidents.call_tree import CallNode, call_tree
from vigil.incidents.evidence_json import call_node_as_json, link_as_json, moment_as_json
from vigil.incidents.incident_json import incident_as_json
from vigil.incidents.links import Link, links
from vigil.incidents.timeline import Moment, timeline
from vigil.model.anomaly import Anomaly
from vigil.model.anomaly_json import anomaly_as_json
from vigil.model.incident import Incident
from vigil.model.series import Series
from vigil.stores.queries import ALERT_HISTORY, NOTIFICATIONS_OF_ALERT
from vigil.stores.registry import projects_of
from vigil.stores.service_graphs import ServiceGraphs
from vigil.stores.tenant_store import TenantStore

MOST_READ = 200


@dataclass(frozen=True, slots=True)
class IncidentStory:
    """An incident, and what makes it understood.

    `anomalies` are those that are still kept of it, `moments` what happened in order of time,
    `cause` is the root cause with its callers, `links` lead into Google Cloud's console.
    """

    incident: Incident
    anomalies: Sequence[Anomaly]
    moments: Sequence[Moment]
    cause: CallNode
    links: Sequence[Link]


def incident_story(store: TenantStore, incident_id: str) -> IncidentStory | None:
    """Return the story of an incident, None if there is none with this id."""
    stored = store.incidents.get(incident_id)
    if stored is None:
        return None
    incident = stored.value
    kept = store.anomalies.get_all(incident.anomaly_ids[:MOST_READ])
    anomalies = [each.value for each in kept if each]
    return IncidentStory(
        incident,
        anomalies,
        _moments(store, incident, anomalies),
        _cause(store, incident, anomalies),
        links(incident, projects_of(store.documents, store.tenant_id)),
    )


def story_as_json(story: IncidentStory) -> dict[str, object]:
    """Return a story in the shape of the API."""
    return {
        "incident": incident_as_json(story.incident),
        "anomalies": [anomaly_as_json(anomaly) for anomaly in story.anomalies],
        "timeline": [moment_as_json(moment) for moment in story.moments],
        "calls": call_node_as_json(story.cause),
        "links": [link_as_json(link) for link in story.links],
    }


def _cause(store: TenantStore, incident: Incident, anomalies: Sequence[Anomaly]) -> CallNode:
    blamed = Series(incident.root_cause.service, incident.root_cause.endpoint)
    graph = ServiceGraphs(store.documents, store.root).read().graph
    return call_tree(blamed, incident.affected, anomalies, graph)


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
