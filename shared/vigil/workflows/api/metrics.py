"""The routes that say how things go: the tenant's figures, and this instance's health."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from vigil.model.incident import IncidentStatus
from vigil.model.instant import instant_as_text
from vigil.model.stream import StreamStatus
from vigil.ports import Documents
from vigil.stores.queries import INCIDENTS_BY_STATUS, PENDING_ANOMALIES
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import outcomes_of, read_usage, sum_of
from vigil.telemetry import logger
from vigil.workflows.api.alerts import active_alerts
from vigil.workflows.api.answers import HealthAnswer, MetricsAnswer, documented
from vigil.workflows.api.errors import Json
from vigil.workflows.api.visit import Parts, Viewer, Visit, parts_of
from vigil.workflows.streams import listed

# A count of what stands reads what it counts; beyond this nobody needs to know exactly.
_MAX_COUNTED = 1000
_UNAVAILABLE = 503
_LATELY = timedelta(days=30)
_log = logger(__name__)
routes = APIRouter(tags=["metrics"])
health_routes = APIRouter(tags=["health"])


@routes.get("/metrics", responses=documented(MetricsAnswer))
def show_metrics(visit: Viewer) -> Json:
    """Show the tenant's figures and what became of every entry."""
    usage = read_usage(visit.parts.documents, visit.store.root)
    counters, lately = sum_of(usage), sum_of(usage, since=visit.parts.clock() - _LATELY)
    outcomes = outcomes_of(counters)
    return Json(
        {
            "status": "success",
            "metrics": {
                **_done(counters),
                **_standing(visit),
                "false_positive_rate": _share_of_noise(lately),
            },
            "outcomes": {**asdict(outcomes), "balanced": outcomes.balanced},
            "timestamp": instant_as_text(visit.parts.clock()),
        }
    )


@health_routes.get(
    "/health",
    responses={
        **documented(HealthAnswer),
        503: {"model": HealthAnswer, "description": "Something that is needed cannot be reached"},
    },
)
def show_health(parts: Annotated[Parts, Depends(parts_of)]) -> Json:
    """Say whether this instance can do its work; no key is needed."""
    is_readable = _can_read(parts.documents)
    checks = {"documents": "ok" if is_readable else "failed"}
    if not is_readable:
        return Json({"status": "unhealthy", "checks": checks}, _UNAVAILABLE)
    return Json({"status": "healthy", "checks": checks})


def _done(counters: Mapping[str, int]) -> dict[str, int]:
    return {
        "logs_processed": counters.get("processed", 0),
        "batches_created": counters.get("batches", 0),
        "anomalies_detected": counters.get("anomalies", 0),
        "alerts_generated": counters.get("alerts", 0),
        "gemini_api_calls": counters.get("gemini_api_calls", 0),
    }


def _share_of_noise(counters: Mapping[str, int]) -> float | None:
    noise, useful = (counters.get(f"feedback_{verdict}", 0) for verdict in ("noise", "useful"))
    return round(noise / (noise + useful), 4) if noise + useful else None


def _standing(visit: Visit) -> dict[str, int]:
    backlog = visit.parts.backlog()
    return {
        "active_streams": len(listed(visit.store, StreamStatus.ACTIVE)),
        "active_anomalies": _active_anomalies(visit.store),
        "active_alerts": len(active_alerts(visit.store, _MAX_COUNTED)),
        "pending_batches": backlog.pending_batches,
        "processing_batches": backlog.processing_batches,
    }


def _active_anomalies(store: TenantStore) -> int:
    """Return how many anomalies are in open incidents, or wait for theirs."""
    asked = {"status": IncidentStatus.OPEN.value}
    incidents = store.incidents.query(INCIDENTS_BY_STATUS, equal=asked, limit=_MAX_COUNTED)
    waiting = store.anomalies.query(
        PENDING_ANOMALIES, equal={"incident_id": None}, limit=_MAX_COUNTED
    )
    return len(waiting) + sum(stored.value.anomaly_count for stored in incidents)


def _can_read(documents: Documents) -> bool:
    try:
        documents.get(["platform/health"])
    except Exception:
        # Whatever it is, it is the answer to the question.
        _log.exception("the documents cannot be read")
        return False
    return True
