"""The route that says how far series have been learned."""

from typing import Annotated

from fastapi import APIRouter, Query

from vigil.stores.registry import StoredRegistry
from vigil.stores.service_readiness import readiness_as_json, tenant_readiness
from vigil.workflows.api.answers import documented
from vigil.workflows.api.errors import Json, found
from vigil.workflows.api.readiness_answers import ReadinessAnswer
from vigil.workflows.api.visit import MAX_LISTED, Limit, Viewer

routes = APIRouter(tags=["readiness"])


@routes.get("/readiness", responses=documented(ReadinessAnswer))
def show_readiness(
    visit: Viewer,
    service: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Limit = MAX_LISTED,
) -> Json:
    """List series by name, each with what has been learned of it and what it still waits for.

    Until something is learned fixed limits judge in its place, where there are any.
    """
    parts = visit.parts
    tenant = found(StoredRegistry(parts.documents, parts.clock).tenant(visit.store.tenant_id))
    readiness = tenant_readiness(visit.store, tenant, service=service)
    return Json({"status": "success", **readiness_as_json(readiness, limit=limit)})
