"""A step in the life of an incident."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StepKind(StrEnum):
    """What happened to an incident; `merged` says that another one became part of it.

    `raised` is its severity; `ceased` says that a group of received alerts fires no more.
    """

    MERGED = "merged"
    RAISED = "raised"
    CEASED = "ceased"
    REOPENED = "reopened"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class IncidentStep:
    """One step, who took it (`vigil`, or a person) and why; the note is redacted.

    `incident_id` names the other incident, if there is one.
    """

    kind: StepKind
    at: datetime
    by: str
    note: str = ""
    incident_id: str | None = None
