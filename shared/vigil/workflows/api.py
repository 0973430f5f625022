"""The HTTP API: one tenant's alerts, incidents, anomalies, streams and figures."""

from collections.abc import Callable

from fastapi import FastAPI

from vigil.ports import Clock, Documents
from vigil.stores.registry import Registry
from vigil.workflows import (
    api_alerts,
    api_anomalies,
    api_cleanup,
    api_incidents,
    api_metrics,
    api_streams,
)
from vigil.workflows.access import Access
from vigil.workflows.alert_actions import AlertActions
from vigil.workflows.api_answers import ERRORS
from vigil.workflows.api_errors import answer_errors
from vigil.workflows.api_guard import ApiGuard
from vigil.workflows.api_visit import Backlog, Parts
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
    api.state.parts = Parts(documents, access, alerts, streams, cleanup, clock, public_url, backlog)
    _add_routes(api)
    answer_errors(api)
    api.add_middleware(ApiGuard)
    return api


def _add_routes(api: FastAPI) -> None:
    rooms = (api_alerts, api_anomalies, api_incidents, api_metrics, api_streams, api_cleanup)
    for each in rooms:
        api.include_router(each.routes, responses=ERRORS)
    api.include_router(api_incidents.routes, prefix=_FIRST_VERSION, responses=ERRORS)
    api.include_router(api_metrics.health_routes)
