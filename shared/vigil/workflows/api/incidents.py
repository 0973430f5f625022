"""The routes of incidents; the first version's clients ask for them below /aiops."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query

from vigil.errors import InvalidRequest
from vigil.incidents.incident_json import incident_as_json
from vigil.model.incident import Incident
from vigil.stores.incident_story import incident_story, story_as_json
from vigil.stores.queries import INCIDENTS, INCIDENTS_BY_STATUS
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.api.alerts import resolve
from vigil.workflows.api.answers import (
    IncidentAnswer,
    IncidentsAnswer,
    IncidentStoryAnswer,
    documented,
)
from vigil.workflows.api.errors import Conflict, Json, found
from vigil.workflows.api.visit import MAX_LISTED, Id, Limit, Note, Responder, Viewer, Why

routes = APIRouter(tags=["incidents"])


class ListedStatus(StrEnum):
    """Which incidents to list."""

    OPEN = "open"
    RESOLVED = "resolved"
    MERGED = "merged"
    ALL = "all"


@routes.get("/incidents", responses=documented(IncidentsAnswer))
def list_incidents(
    visit: Viewer,
    status: Annotated[ListedStatus, Query()] = ListedStatus.OPEN,
    limit: Limit = MAX_LISTED,
) -> Json:
    """List incidents, newest first; those that stand, unless another status is asked for."""
    listed = _listed(visit.store, status, limit)
    return Json(
        {"status": "success", "active_incidents": [incident_as_json(each) for each in listed]}
    )


@routes.get("/incidents/{incident_id}", responses=documented(IncidentStoryAnswer))
def show_incident(visit: Viewer, incident_id: Id) -> Json:
    """Show an incident with the anomalies that are still kept of it, and what happened when."""
    story = found(incident_story(visit.store, incident_id))
    return Json({"status": "success", **story_as_json(story)})


@routes.post("/incidents/{incident_id}/resolve", responses=documented(IncidentAnswer))
def resolve_incident(visit: Responder, incident_id: Id, resolution_note: Note = None) -> Json:
    """Say that an incident is over by resolving its alert."""
    incident = found(visit.store.incidents.get(incident_id)).value
    resolve(visit, _alert_id(incident), resolution_note)
    resolved = found(visit.store.incidents.get(incident_id)).value
    return Json({"status": "success", "incident": incident_as_json(resolved)})


@routes.post("/incidents/{incident_id}/reopen", responses=documented(IncidentAnswer))
def reopen_incident(visit: Responder, incident_id: Id, why: Why = None) -> Json:
    """Say that an incident is not over: its alert is yours then, and nobody is woken.

    Doing so again changes nothing.
    """
    # Looked up before, so that what the action finds invalid can only be the incident's state.
    found(visit.store.incidents.get(incident_id))
    by, incidents = visit.identity.actor, visit.parts.incidents
    try:
        reopened = incidents.reopen(visit.store, incident_id, by=by, note=why)
    except InvalidRequest as error:
        raise Conflict(f"{error}; reopen that") from error
    return Json({"status": "success", "incident": incident_as_json(found(reopened))})


def _alert_id(incident: Incident) -> str:
    if incident.merged_into is not None:
        raise Conflict(f"this incident has become part of {incident.merged_into}; resolve that")
    if incident.alert_id is None:
        raise Conflict("this incident woke nobody; it ends by itself when it has been quiet")
    return incident.alert_id


def _listed(store: TenantStore, status: ListedStatus, limit: int) -> list[Incident]:
    if status is ListedStatus.ALL:
        listed = store.incidents.query(INCIDENTS, limit=limit)
    else:
        equal = {"status": status.value}
        listed = store.incidents.query(INCIDENTS_BY_STATUS, equal=equal, limit=limit)
    return [stored.value for stored in listed]
