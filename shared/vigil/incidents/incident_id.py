"""The id of an incident, by the anomaly that opens it."""

from vigil.model.anomaly import Anomaly
from vigil.model.identity import content_id


def new_incident_id(first: Anomaly) -> str:
    """Return the id of the incident that `first` opens.

    It is made of the epoch second of the detection and six digits of content, so the same anomaly
    always opens the same incident.
    """
    digits = content_id("incident", first.tenant_id, first.anomaly_id).removeprefix("v1-")[:6]
    return f"INC-{int(first.detected_at.timestamp())}-{digits}"
