"""A change of an alert."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AlertChange:
    """One step in the life of an alert."""

    revision: int
    status: str
    changed_at: datetime
    by: str
    note: str = ""
