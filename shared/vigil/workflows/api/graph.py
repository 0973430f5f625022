"""The route of the graph of services."""

from typing import Annotated

from fastapi import APIRouter, Query

from vigil.incidents.graph_json import graph_as_json
from vigil.incidents.service_graph import MOST_EDGES
from vigil.model.instant import instant_as_text
from vigil.stores.service_graphs import ServiceGraphs
from vigil.workflows.api.answers import documented
from vigil.workflows.api.errors import Json
from vigil.workflows.api.graph_answers import GraphAnswer
from vigil.workflows.api.visit import Viewer

routes = APIRouter(tags=["graph"])


@routes.get("/graph", responses=documented(GraphAnswer))
def show_graph(
    visit: Viewer,
    service: Annotated[
        str | None,
        Query(min_length=1, max_length=200, description="Only what it calls or is called by."),
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST_EDGES, description="How many edges of each kind at most.")
    ] = 1000,
) -> Json:
    """Show who calls whom, as learned from traces, the most used edges first.

    What happened a week ago counts by one half. A service of which nothing is known has no edges.
    """
    kept = ServiceGraphs(visit.parts.documents, visit.store.root).read()
    shown = graph_as_json(kept.graph, service=service, now=visit.parts.clock(), limit=limit)
    learned_at = None if kept.learned_at is None else instant_as_text(kept.learned_at)
    return Json({"status": "success", "learned_at": learned_at, **shown})
