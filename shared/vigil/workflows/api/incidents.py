"""The routes of incidents; the first version's clients ask for them below /aiops."""

from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import APIRouter, Query

from vigil.errors import InvalidRequest
from vigil.incidents.incident_json import incident_as_json
from vigil.model.incident import Incident
from vigil.stores.incident_story import incident_story, story_as_json
from vigil.stores.queries import INCIDENTS, INCIDENTS_BY_STATUS
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.api.answers import (
    IncidentAnswer,
    IncidentsAnswer,
    IncidentStoryAnswer,
    documented,
)
from vigil.workflows.api.errors import Conflict, Json, found
from vigil.workflows.api.visit import MAX_LISTED, Id, Limit, Note, Responder, Viewer, Visit, Why

routes = APIRouter(tags=["incidents"])


class Action(Protocol):
    """What a person does with an incident."""

    def __call__(
        self, store: TenantStore, incident_id: str, *, by: str, note: str | None
    ) -> Incident | None:
        """Return the incident after it, None if there is none."""


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
    """Say that an incident is over, and its alert with it; doing so again changes nothing."""
    resolve = visit.parts.incidents.resolve
    return _changed(visit, incident_id, resolve, resolution_note, instead="resolve that")


@routes.post("/incidents/{incident_id}/reopen", responses=documented(IncidentAnswer))
def reopen_incident(visit: Responder, incident_id: Id, why: Why = None) -> Json:
    """Say that an incident is not over: its alert is yours then, and nobody is woken.

    Doing so again changes nothing.
    """
    reopen = visit.parts.incidents.reopen
    return _changed(visit, incident_id, reopen, why, instead="reopen that")


def _changed(
    visit: Visit, incident_id: str, action: Action, note: str | None, *, instead: str
) -> Json:
    # Looked up before, so that what the action finds invalid can only be the incident's state.
    found(visit.store.incidents.get(incident_id))
    try:
        changed = action(visit.store, incident_id, by=visit.identity.actor, note=note)
    except InvalidRequest as error:
        raise Conflict(f"{error}; {instead}") from error
    return Json({"status": "success", "incident": incident_as_json(found(changed))})


def _listed(store: TenantStore, status: ListedStatus, limit: int) -> list[Incident]:
    if status is ListedStatus.ALL:
        listed = store.incidents.query(INCIDENTS, limit=limit)
    else:
        equal = {"status": status.value}
        listed = store.incidents.query(INCIDENTS_BY_STATUS, equal=equal, limit=limit)
    return [stored.value for stored in listed]
