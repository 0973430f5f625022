"""The graph of services, for the OpenAPI document."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vigil.workflows.api.answers import Success

_Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_Share = Annotated[float, Field(ge=0, le=1)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SeriesJson(_Answer):
    """An endpoint of a service."""

    service: str
    endpoint: str


class NodeJson(SeriesJson):
    """An endpoint, and about how many traced requests it served, null if none were counted."""

    requests: float | None


class _Numbers(_Answer):
    calls: float
    request_share: _Share | None
    time_share: _Share | None
    first_seen: _Instant
    last_seen: _Instant
    confidence: _Share


class ServiceEdgeJson(_Numbers):
    """One service calls another, see EdgeJson."""

    caller: str
    callee: str


class EdgeJson(_Numbers):
    """One endpoint calls another.

    `request_share` is the part of the caller's requests that make the call, `time_share` the part
    of their time that is spent in it; `confidence` says how sure it is that it calls it still.
    """

    caller: SeriesJson
    callee: SeriesJson


class GraphAnswer(Success):
    """Who calls whom; the totals count what is known, the lists may be shorter."""

    learned_at: _Instant | None
    total_service_edges: int
    service_edges: list[ServiceEdgeJson]
    total_edges: int
    edges: list[EdgeJson]
    nodes: list[NodeJson]
