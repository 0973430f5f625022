"""The story of the sample shop: it is well, it breaks, it is mended."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from vigil.local.shop_faults import ShopFaults

# Requests that are under way when a window begins are part of the one before; they are over now.
_INTO_THE_WINDOW = timedelta(seconds=0.2)


class Phase(StrEnum):
    """Where the story is."""

    LEARNING = "learning"
    BROKEN = "broken"
    MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Story:
    """When the shop breaks and when it is mended."""

    breaks_at: datetime
    mends_at: datetime

    def phase(self, now: datetime) -> Phase:
        """Return where the story is at `now`."""
        if now < self.breaks_at:
            return Phase.LEARNING
        return Phase.BROKEN if now < self.mends_at else Phase.MENDED

    def changes_at(self, now: datetime) -> datetime | None:
        """Return when the next phase begins, None in the last one."""
        return next((at for at in (self.breaks_at, self.mends_at) if now < at), None)


def story_from(
    begun_at: datetime, *, learns: timedelta, breaks_for: timedelta, window_seconds: int
) -> Story:
    """Return the story of a shop that opened at `begun_at`.

    It breaks just after the beginning of the first window that begins `learns` later or more, so
    that every telling gives the same windows, whatever the time of day.

    >>> noon = datetime(2026, 1, 20, 12, 0, 3, tzinfo=UTC)
    >>> length = timedelta(seconds=45)
    >>> story = story_from(noon, learns=length / 3, breaks_for=length, window_seconds=5)
    >>> story.breaks_at.time().isoformat(), story.mends_at.time().isoformat()
    ('12:00:20.200000', '12:01:05.200000')
    """
    earliest = (begun_at + learns).timestamp()
    window_starts = math.ceil(earliest / window_seconds) * window_seconds
    breaks_at = datetime.fromtimestamp(window_starts, UTC) + _INTO_THE_WINDOW
    return Story(breaks_at, breaks_at + breaks_for)


Fault = Callable[[ShopFaults], object]


class Storyteller:
    """Breaks and mends the shop when it is time; to be asked often.

    `breaks` and `mends` are called once each, so what somebody else breaks by hand stays broken.
    """

    def __init__(self, story: Story, faults: ShopFaults, *, breaks: Fault, mends: Fault) -> None:
        self.story = story
        self._faults = faults
        self._does = {Phase.BROKEN: breaks, Phase.MENDED: mends}
        self._told = Phase.LEARNING

    def tell(self, now: datetime) -> Phase:
        """Do what is due at `now`, and return where the story is."""
        phase = self.story.phase(now)
        if phase is not self._told:
            self._told = phase
            self._does[phase](self._faults)
        return phase
