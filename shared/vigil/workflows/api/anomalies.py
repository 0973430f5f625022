"""The route of anomalies."""

from typing import Annotated

from fastapi import APIRouter, Query

from vigil.model.anomaly_json import anomaly_as_json
from vigil.model.severity import Severity
from vigil.stores.queries import (
    ANOMALIES,
    ANOMALIES_BY_SERVICE,
    ANOMALIES_BY_SERVICE_AND_SEVERITY,
    ANOMALIES_BY_SEVERITY,
)
from vigil.workflows.api.answers import AnomaliesAnswer, documented
from vigil.workflows.api.errors import Json
from vigil.workflows.api.visit import Limit, Viewer

_DEFAULT_LIMIT = 50
_BY_EQUALITIES = {
    frozenset(query.equal): query
    for query in (
        ANOMALIES,
        ANOMALIES_BY_SERVICE,
        ANOMALIES_BY_SEVERITY,
        ANOMALIES_BY_SERVICE_AND_SEVERITY,
    )
}
routes = APIRouter(tags=["anomalies"])


@routes.get("/anomalies", responses=documented(AnomaliesAnswer))
def list_anomalies(
    visit: Viewer,
    service: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    severity: Severity | None = None,
    limit: Limit = _DEFAULT_LIMIT,
) -> Json:
    """List anomalies, newest first, of one service or of one severity if asked."""
    asked = {"service": service, "severity": severity and severity.value}
    equal = {name: value for name, value in asked.items() if value is not None}
    query = _BY_EQUALITIES[frozenset(equal)]
    anomalies = visit.store.anomalies.query(query, equal=equal, limit=limit)
    return Json(
        {
            "status": "success",
            "total_anomalies": len(anomalies),
            "anomalies": [anomaly_as_json(stored.value) for stored in anomalies],
        }
    )
