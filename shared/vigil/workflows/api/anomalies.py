"""The routes of anomalies."""

from typing import Annotated

from fastapi import APIRouter, Query

from vigil.errors import InvalidRequest
from vigil.model.anomaly import Anomaly
from vigil.model.anomaly_json import anomaly_as_json
from vigil.model.feedback import Feedback, Opinion
from vigil.model.instant import instant_as_text
from vigil.model.severity import Severity
from vigil.stores.queries import (
    ANOMALIES,
    ANOMALIES_BY_SERVICE,
    ANOMALIES_BY_SERVICE_AND_SEVERITY,
    ANOMALIES_BY_SEVERITY,
)
from vigil.workflows.api.answers import documented
from vigil.workflows.api.errors import Conflict, Json, found
from vigil.workflows.api.trust_answers import AnomaliesAnswer, FeedbackAnswer, GiveFeedback
from vigil.workflows.api.visit import Id, Limit, Responder, Viewer

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
    listed = visit.store.anomalies.query(query, equal=equal, limit=limit)
    anomalies = [stored.value for stored in listed]
    said = visit.store.feedback.get_all([anomaly.anomaly_id for anomaly in anomalies])
    return Json(
        {
            "status": "success",
            "total_anomalies": len(anomalies),
            "anomalies": [
                _listed(anomaly, feedback.value if feedback else Feedback(anomaly.anomaly_id))
                for anomaly, feedback in zip(anomalies, said, strict=True)
            ],
        }
    )


@routes.post("/anomalies/{anomaly_id}/feedback", responses=documented(FeedbackAnswer))
def give_feedback(visit: Responder, anomaly_id: Id, said: GiveFeedback) -> Json:
    """Say whether an anomaly was useful or noise; saying so again changes nothing.

    Your last word counts. Detection needs ten times as much proof for each time that anomalies of
    this type, of this endpoint, were called noise more often than useful.
    """
    # Looked up before, so that what the workflow finds invalid can only be one opinion too many.
    found(visit.store.anomalies.get(anomaly_id))
    by, feedback = visit.identity.actor, visit.parts.feedback
    try:
        kept = feedback.give(visit.store, anomaly_id, said.verdict, by=by, note=said.note)
    except InvalidRequest as error:
        raise Conflict(str(error)) from error
    opinion = _opinion_as_json(found(kept))
    return Json({"status": "success", "anomaly_id": anomaly_id, "feedback": opinion})


def _listed(anomaly: Anomaly, feedback: Feedback) -> dict[str, object]:
    return {
        **anomaly_as_json(anomaly),
        "endpoint": anomaly.endpoint,
        "verdict": feedback.verdict and feedback.verdict.value,
        "feedback": [_opinion_as_json(opinion) for opinion in feedback.opinions],
    }


def _opinion_as_json(opinion: Opinion) -> dict[str, object]:
    return {
        "verdict": opinion.verdict.value,
        "given_by": opinion.actor,
        "given_at": instant_as_text(opinion.given_at),
        "note": opinion.note,
    }
