"""What is still needed before what was learned of a series counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Subject(StrEnum):
    """What a series learns about itself, each at its own pace; from the soonest on."""

    ERRORS = "errors"
    SERVER_ERRORS = "server_errors"
    SLOW_REQUESTS = "slow_requests"
    ERROR_LINES = "error_lines"
    REFUSALS = "refusals"
    WAITS = "waits"
    LOST_LINES = "lost_lines"
    SILENCE = "silence"
    REQUESTS = "requests"
    HOUR_OF_DAY = "hour_of_day"
    MEDIAN_LATENCY = "median_latency"

    @property
    def words(self) -> str:
        """It in words: "median latency"."""
        return self.value.replace("_", " ")


class Need(NamedTuple):
    """How much of something has been seen, and how much of it is needed.

    >>> Need(12, 30, "windows").words, Need(1200, 1000, "entries").is_met
    ('12 of 30 windows', True)
    """

    seen: int
    needed: int
    what: str

    @property
    def is_met(self) -> bool:
        """Whether there is enough of it."""
        return self.seen >= self.needed

    @property
    def words(self) -> str:
        """It in words."""
        return f"{self.seen:,} of {self.needed:,} {self.what}"


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How far one subject has been learned."""

    subject: Subject
    needs: Sequence[Need]

    @property
    def ready(self) -> bool:
        """Whether what was learned counts; until then fixed limits do, where there are any."""
        return all([need.is_met for need in self.needs])

    @property
    def waits_for(self) -> str:
        """What is still needed, in words: "12 of 30 windows, 40 of 100 entries"; else empty."""
        return ", ".join([need.words for need in self.needs if not need.is_met])
