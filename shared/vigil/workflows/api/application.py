"""The HTTP API: one tenant's alerts, incidents, anomalies, streams and figures."""

from collections.abc import Callable

from fastapi import FastAPI

from vigil.ports import Clock, Documents
from vigil.stores.registry import Registry
from vigil.workflows.access import Access
from vigil.workflows.alert_actions import AlertActions
from vigil.workflows.anomaly_feedback import AnomalyFeedback
from vigil.workflows.api.alerts import routes as alert_routes
from vigil.workflows.api.anomalies import routes as anomaly_routes
from vigil.workflows.api.answers import ERRORS
from vigil.workflows.api.cleanup import routes as cleanup_routes
from vigil.workflows.api.errors import answer_errors
from vigil.workflows.api.graph import routes as graph_routes
from vigil.workflows.api.guard import ApiGuard
from vigil.workflows.api.incidents import routes as incident_routes
from vigil.workflows.api.metrics import health_routes
from vigil.workflows.api.metrics import routes as metric_routes
from vigil.workflows.api.readiness import routes as readiness_routes
from vigil.workflows.api.streams import routes as stream_routes
from vigil.workflows.api.visit import Backlog, Parts
from vigil.workflows.incident_actions import IncidentActions
from vigil.workflows.streams import Streams
from vigil.workflows.tenant_cleanup import TenantCleanup

__all__ = ["Backlog", "make_api"]

# Of what it promises its clients; it changes when they have to.
_VERSION = "1"
# The first version's clients know incidents under this prefix.
_FIRST_VERSION = "/aiops"


def make_api(  # noqa: PLR0913 - what it is made of
    *,
    documents: Documents,
    registry: Registry,
    alerts: AlertActions,
    incidents: IncidentActions,
    streams: Streams,
    clock: Clock,
    public_url: str,
    backlog: Callable[[], Backlog] = Backlog,
) -> FastAPI:
    """Return the API as an ASGI application; it needs no lifespan and keeps nothing between calls.

    `public_url` is where people reach it, without a slash at its end. Every route but /health and
    /openapi.json needs an API key. Whoever serves it must not log the addresses that are asked for
    without redacting them: a note stands in them.
    """
    access = Access(documents=documents, registry=registry)
    api = FastAPI(
        title="Vigil",
        version=_VERSION,
        summary="What is wrong in a tenant's logs, since when, and why.",
        # Their pages would load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        # A redirect would be built from a Host header that anybody can set.
        redirect_slashes=False,
    )
    cleanup = TenantCleanup(documents=documents, registry=registry, clock=clock)
    feedback = AnomalyFeedback(documents=documents, registry=registry, clock=clock)
    api.state.parts = Parts(
        documents,
        access,
        alerts,
        incidents,
        streams,
        cleanup,
        feedback,
        clock,
        public_url,
        backlog,
    )
    _add_routes(api)
    answer_errors(api)
    api.add_middleware(ApiGuard)
    return api


def _add_routes(api: FastAPI) -> None:
    for routes in (
        alert_routes,
        anomaly_routes,
        incident_routes,
        graph_routes,
        metric_routes,
        readiness_routes,
        stream_routes,
        cleanup_routes,
    ):
        api.include_router(routes, responses=ERRORS)
    api.include_router(incident_routes, prefix=_FIRST_VERSION, responses=ERRORS)
    api.include_router(health_routes)
