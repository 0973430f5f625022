"""An incident that is not over after all."""

from dataclasses import replace
from datetime import datetime

from vigil.errors import InvalidRequest
from vigil.model.incident import MOST_STEPS, Incident, IncidentStatus
from vigil.model.incident_step import IncidentStep, StepKind


def reopen(incident: Incident, *, by: str, now: datetime, note: str = "") -> Incident:
    """Return a resolved incident open again, as somebody says; an open one as it is.

    Its steps remember when it had ended and by whom. It is taken to be quiet from `now` on. Raises
    InvalidRequest for one that has become part of another.
    """
    if incident.status is IncidentStatus.MERGED:
        raise InvalidRequest(f"this incident has become part of {incident.merged_into}")
    if incident.status is IncidentStatus.OPEN:
        return incident
    ended_at = incident.resolved_at or incident.last_detected_at
    ended = IncidentStep(StepKind.RESOLVED, ended_at, incident.resolved_by or "vigil")
    again = IncidentStep(StepKind.REOPENED, now, by, note)
    return replace(
        incident,
        status=IncidentStatus.OPEN,
        resolved_at=None,
        resolved_by=None,
        steps=(*incident.steps, ended, again)[-MOST_STEPS:],
    )
