"""An incident as the API and the events show it."""

from datetime import datetime

from vigil.incidents.evidence_json import evidence_as_json
from vigil.model.explanation import Claim, Explanation
from vigil.model.incident import Incident
from vigil.model.instant import instant_as_text
from vigil.model.received_group import ReceivedGroup
from vigil.model.series import Series
from vigil.model.verdict import cause_confidence, verdict_on


def incident_as_json(incident: Incident) -> dict[str, object]:
    """Return an incident in the shape that its clients know, with more keys after theirs.

    It names no tenant. A series without an endpoint is shown by the name of its service.
    """
    return {
        "id": incident.incident_id,
        "severity": incident.severity.value,
        "title": incident.title,
        "root_cause": _root_cause(incident),
        "affected_endpoints": list(dict.fromkeys(str(series) for series in incident.affected)),
        "first_detected": instant_as_text(incident.first_detected_at),
        "trace_correlation": {
            "trace_id": incident.trace_id,
            "correlated_failures": list(incident.correlated_failures),
        },
        "status": incident.status.value,
        "started_at": instant_as_text(incident.started_at),
        "last_detected": instant_as_text(incident.last_detected_at),
        "resolved_at": _instant(incident.resolved_at),
        "merged_into": incident.merged_into,
        "alert_id": incident.alert_id,
        "anomaly_ids": list(incident.anomaly_ids),
        "anomaly_count": incident.anomaly_count,
        "explanation": incident.explanation and _explanation(incident.explanation),
        **evidence_as_json(incident),
        "source": incident.source and incident.source.value,
        "received_alerts": [_received(group) for group in incident.received],
    }


def _root_cause(incident: Incident) -> dict[str, object]:
    cause = incident.root_cause
    # Two shapes are known: one says "issue", the other "description".
    return {
        "endpoint": str(Series(cause.service, cause.endpoint)),
        "service": cause.service,
        "issue": cause.issue,
        "description": cause.issue,
        "confidence": cause_confidence(incident),
        "verdict": verdict_on(incident).value,
        "reason": cause.reason,
    }


def _received(group: ReceivedGroup) -> dict[str, object]:
    return {
        "anomaly_id": group.anomaly_id,
        "source": group.source.value,
        "name": group.name,
        "services": list(group.services),
        "firing": group.is_firing,
    }


def _explanation(explanation: Explanation) -> dict[str, object]:
    return {
        "author": explanation.author,
        "summary": explanation.summary,
        "cause": explanation.cause,
        "confidence": explanation.confidence,
        "evidence_ids": list(explanation.evidence_ids),
        "steps": list(explanation.steps),
        "label": explanation.label,
        "degraded": explanation.degraded and explanation.degraded.value,
        "claims": [_claim(claim) for claim in explanation.claims],
        "created_at": instant_as_text(explanation.created_at),
    }


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "kind": claim.kind.value,
        "statement": claim.statement,
        "service": claim.service,
        "evidence_ids": list(claim.evidence_ids),
        "quotes": list(claim.quotes),
        "from_logs": claim.from_logs,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant_as_text(at)
