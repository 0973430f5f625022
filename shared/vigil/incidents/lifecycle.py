"""What a person says of an incident: that it is over, or that it is not."""

from dataclasses import replace
from datetime import datetime

from vigil.errors import InvalidRequest
from vigil.model.incident import MOST_STEPS, Incident, IncidentStatus
from vigil.model.incident_step import IncidentStep, StepKind


def resolve(incident: Incident, *, by: str, now: datetime, note: str = "") -> Incident:
    """Return an open incident resolved; one that is over stays as it is.

    A note is kept in its steps. Raises InvalidRequest for one that has become part of another.
    """
    _require_own(incident)
    if incident.status is IncidentStatus.RESOLVED:
        return incident
    ended = replace(incident, status=IncidentStatus.RESOLVED, resolved_at=now, resolved_by=by)
    return with_step(ended, IncidentStep(StepKind.RESOLVED, now, by, note)) if note else ended


def reopen(incident: Incident, *, by: str, now: datetime, note: str = "") -> Incident:
    """Return a resolved incident open again, as somebody says; an open one as it is.

    Its steps remember when it had ended and by whom. It is taken to be quiet from `now` on. Raises
    InvalidRequest for one that has become part of another.
    """
    _require_own(incident)
    if incident.status is IncidentStatus.OPEN:
        return incident
    opened = replace(incident, status=IncidentStatus.OPEN, resolved_at=None, resolved_by=None)
    if not any(step.kind is StepKind.RESOLVED for step in incident.steps[-1:]):
        ended_at = incident.resolved_at or incident.last_detected_at
        ended = IncidentStep(StepKind.RESOLVED, ended_at, incident.resolved_by or "vigil")
        opened = with_step(opened, ended)
    return with_step(opened, IncidentStep(StepKind.REOPENED, now, by, note))


def with_step(incident: Incident, step: IncidentStep) -> Incident:
    """Return an incident in which one more step was taken."""
    return replace(incident, steps=(*incident.steps, step)[-MOST_STEPS:])


def _require_own(incident: Incident) -> None:
    if incident.status is IncidentStatus.MERGED:
        raise InvalidRequest(f"this incident has become part of {incident.merged_into}")
