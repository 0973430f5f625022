"""Whose window a finding is about."""

from dataclasses import dataclass
from datetime import datetime

from vigil.detection.event_time import SECOND_US, instant_of
from vigil.model.series import Series


@dataclass(frozen=True, slots=True)
class Place:
    """The time from `start` to `end` (seconds since 1970) of one series of one tenant."""

    tenant_id: str
    series: Series
    start: int
    end: int

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return instant_of(self.start * SECOND_US)

    @property
    def ended_at(self) -> datetime:
        """When it ended."""
        return instant_of(self.end * SECOND_US)
