"""What speaks for the story of an incident, as the API and the events show it."""

from vigil.incidents.call_tree import CallNode
from vigil.incidents.links import Link
from vigil.incidents.timeline import Moment
from vigil.model.change import Change
from vigil.model.impact import Difference, Impact
from vigil.model.incident import Incident
from vigil.model.incident_step import IncidentStep
from vigil.model.instant import instant_as_text
from vigil.model.suspect import Proof, Suspect


def evidence_as_json(incident: Incident) -> dict[str, object]:
    """Return why its anomalies belong to it, who may be the cause, and whom it hit."""
    return {
        "reasons": [
            {"anomaly_id": anomaly_id, "reason": reason}
            for anomaly_id, reason in incident.reasons.items()
        ],
        "suspects": [_suspect(suspect) for suspect in incident.suspects],
        "changes": [_change(change) for change in incident.changes],
        "differences": [_difference(difference) for difference in incident.differences],
        "impact": None if incident.impact is None else _impact(incident.impact),
        "steps": [_step(step) for step in incident.steps],
    }


def moment_as_json(moment: Moment) -> dict[str, object]:
    """Return one line of a timeline."""
    return {
        "at": instant_as_text(moment.at),
        "kind": moment.kind.value,
        "text": moment.text,
        "subject": moment.subject,
    }


def link_as_json(link: Link) -> dict[str, object]:
    """Return a link."""
    return {"title": link.title, "project_id": link.project_id, "url": link.url}


def call_node_as_json(node: CallNode) -> dict[str, object]:
    """Return the root cause of an incident with its callers, and theirs."""
    return {
        "service": node.series.service,
        "endpoint": node.series.endpoint,
        "affected": node.is_affected,
        "request_share": None if node.request_share is None else round(node.request_share, 3),
        "callers": [call_node_as_json(caller) for caller in node.callers],
    }


def _suspect(suspect: Suspect) -> dict[str, object]:
    return {
        "service": suspect.service,
        "endpoint": suspect.endpoint,
        "confidence": suspect.confidence,
        "proofs": [_proof(proof) for proof in suspect.proofs],
    }


def _proof(proof: Proof) -> dict[str, object]:
    return {"ground": proof.ground.value, "text": proof.text, "weight": proof.weight}


def _change(change: Change) -> dict[str, object]:
    return {
        "change_id": change.change_id,
        "kind": change.kind.value,
        "service": change.service,
        "what": change.what,
        "at": instant_as_text(change.at),
    }


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "service": difference.service,
        "field": difference.field,
        "value": difference.value,
        "share": difference.share,
        "usual_share": difference.usual_share,
        "count": difference.count,
        "total": difference.total,
        "text": difference.text,
    }


def _impact(impact: Impact) -> dict[str, object]:
    return {
        "requests": impact.requests,
        "failed": impact.failed,
        "users": impact.users,
        "user_share": impact.user_share,
        "budget_burned": impact.budget_burned,
        "spread": list(impact.spread),
    }


def _step(step: IncidentStep) -> dict[str, object]:
    return {
        "kind": step.kind.value,
        "at": instant_as_text(step.at),
        "by": step.by,
        "note": step.note,
        "incident_id": step.incident_id,
    }
