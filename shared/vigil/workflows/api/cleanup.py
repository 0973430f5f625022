"""The route by which a tenant has old findings deleted before their time."""

from typing import Annotated

from fastapi import APIRouter, Query

from vigil.workflows.api.answers import documented
from vigil.workflows.api.errors import Json, found
from vigil.workflows.api.stream_answers import CleanupAnswer
from vigil.workflows.api.visit import Admin

routes = APIRouter(tags=["cleanup"])


@routes.post("/cleanup", responses=documented(CleanupAnswer))
def clean_up(
    visit: Admin,
    retention_days: Annotated[
        int | None,
        Query(ge=1, le=3650, description="Left out, or longer: the tenant's own retention."),
    ] = None,
) -> Json:
    """Delete the tenant's findings of more than so many days ago; what is going on stays."""
    done = found(visit.parts.cleanup.run(visit.identity.tenant_id, retention_days))
    return Json(
        {
            "status": "success",
            "deleted": done.deleted,
            "complete": done.complete,
            "retention_days": done.retention_days,
            "message": f"Deleted {done.deleted} documents older than {done.retention_days} days",
        }
    )
