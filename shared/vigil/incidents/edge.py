"""An edge of the service graph, as it is read."""

from dataclasses import dataclass
from datetime import datetime

from vigil.model.series import Series


@dataclass(frozen=True, slots=True)
class Edge:
    """One series calls another; what happened a half-life ago counts by one half.

    `calls` is how often it was seen to. `request_share` (0..1) is the part of the caller's requests
    that make the call, None where they were not counted. `time_share` (0..1) is the part of the
    time of those requests that is spent in the callee, None where none was measured. `confidence`
    (0..1) says how sure it is that the one calls the other, and does so still.
    """

    caller: Series
    callee: Series
    calls: float
    request_share: float | None
    time_share: float | None
    first_seen_at: datetime
    last_seen_at: datetime
    confidence: float
