"""An explanation: what an analyst makes of an incident."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an analyst makes of an incident, and who the analyst was.

    It is advice: no severity, status or route is ever read from it. `evidence_ids` name the
    anomalies it rests on.
    """

    fingerprint: str
    author: str
    summary: str
    cause: str
    confidence: float
    evidence_ids: tuple[str, ...]
    steps: tuple[str, ...]
    created_at: datetime
