"""What a route is given: who is asking, their tenant's store, and the parts of the API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, Path, Query, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from vigil.model.api_key import Role
from vigil.ports import Clock, Documents
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.access import Access, Identity
from vigil.workflows.alert_actions import AlertActions
from vigil.workflows.anomaly_feedback import AnomalyFeedback
from vigil.workflows.incident_actions import IncidentActions
from vigil.workflows.streams import Streams
from vigil.workflows.tenant_cleanup import TenantCleanup

MAX_LISTED = 200


@dataclass(frozen=True, slots=True)
class Backlog:
    """The batches that this installation has not finished."""

    pending_batches: int = 0
    processing_batches: int = 0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the API works with; `public_url` is where people reach it."""

    documents: Documents
    access: Access
    alerts: AlertActions
    incidents: IncidentActions
    streams: Streams
    cleanup: TenantCleanup
    feedback: AnomalyFeedback
    clock: Clock
    public_url: str
    backlog: Callable[[], Backlog]

    def alert_url(self, alert_id: str) -> str:
        """Return the address of an alert."""
        return f"{self.public_url}/alerts/{alert_id}"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who has been identified; `store` is their tenant's and no other."""

    identity: Identity
    store: TenantStore
    parts: Parts


def parts_of(request: Request) -> Parts:
    """Return the parts of the API that serves `request`."""
    return cast("Parts", request.app.state.parts)


# `Access` reads the headers itself; these tell the OpenAPI document of them.
_Bearer = Annotated[
    object, Security(HTTPBearer(auto_error=False, description="`vk1.<tenant>.<secret>`"))
]
_ApiKey = Annotated[object, Security(APIKeyHeader(name="X-API-Key", auto_error=False))]
_TenantId = Annotated[
    str | None, Header(alias="X-Tenant-ID", description="If sent, the tenant of the key.")
]
_UserId = Annotated[
    str | None, Header(alias="X-User-ID", description="The person behind the key, for the history.")
]


def _needing(role: Role) -> Callable[..., Visit]:
    """Return the dependency that lets nobody pass whose role is less than `role`."""

    def visit(
        request: Request,
        parts: Annotated[Parts, Depends(parts_of)],
        _bearer: _Bearer,
        _api_key: _ApiKey,
        _tenant_id: _TenantId = None,
        _user_id: _UserId = None,
    ) -> Visit:
        identity = parts.access.identify(request.headers)
        identity.require(role)
        return Visit(identity, TenantStore(parts.documents, identity.tenant_id), parts)

    return visit


Viewer = Annotated[Visit, Depends(_needing(Role.VIEWER))]
Responder = Annotated[Visit, Depends(_needing(Role.RESPONDER))]
Admin = Annotated[Visit, Depends(_needing(Role.ADMIN))]

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Limit = Annotated[int, Query(ge=1, le=MAX_LISTED, description="How many to list at most.")]
Note = Annotated[
    str | None, Query(max_length=1000, description="What was done about it; kept redacted.")
]
Why = Annotated[str | None, Query(max_length=1000, description="Why; kept redacted.")]
