"""The clock of a replay: event time, as the entries that are read tell it."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median_low

from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Thresholds

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# So many entries together say what time it is, so that one or a few with a wrong clock cannot.
_WITNESSES = 101
# After the last entries none comes that could be judged too early, so they need fewer witnesses.
_LAST = 7
# Cloud Logging takes entries that are up to a day in the future.
_CREDIBLE = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


class EventClock:
    """Says what time it is in a recording; it never goes back.

    It goes by what half of the latest entries have reached, so it is a few entries behind the
    latest, and one from the far future does not move it (FAULTS A04). It knows when something can
    follow from what it heard: when a window is judged, and when what was found in it is over.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        """Begin in 1970, with nothing heard."""
        self.now = BEGINNING
        self.settling = timedelta(
            seconds=thresholds.window_seconds
            + thresholds.allowed_lateness_seconds
            + thresholds.group_wait_seconds
        )
        self._window_seconds = thresholds.window_seconds
        # An incident is over when it has been quiet for longer than this.
        self._until_over = timedelta(seconds=thresholds.quiet_seconds + 1)
        self._witnesses: deque[datetime] = deque(maxlen=_WITNESSES)
        self._last: deque[datetime] = deque(maxlen=_LAST)
        self._due: set[datetime] = set()

    def __call__(self) -> datetime:
        """Return the latest instant that was reached."""
        return self.now

    def hear(self, entries: Sequence[LogEntry]) -> None:
        """Take in when `entries` happened and were received; the time does not change yet."""
        self._witnesses.extend(entry.received_at for entry in entries[-_WITNESSES:])
        self._last.extend(max(entry.received_at, entry.occurred_at) for entry in entries[-_LAST:])
        for start in {self._window_of(entry) for entry in entries}:
            judged_at = BEGINNING + timedelta(seconds=start) + self.settling
            over_at = judged_at + self._until_over
            self._due.update(at for at in (judged_at, over_at) if at > self.now)

    @property
    def heard_at(self) -> datetime:
        """The instant that half of the latest entries have reached."""
        return median_low(self._witnesses) if self._witnesses else self.now

    @property
    def latest_at(self) -> datetime:
        """The latest instant of the last entries, for when no other comes."""
        if not self._last:
            return self.now
        limit = median_low(self._last) + _CREDIBLE
        return max([self.now, *(at for at in self._last if at <= limit)])

    def reach(self, instant: datetime) -> bool:
        """Go on to `instant`, and to a moment later at least; return whether something is due.

        No two calls reach the same instant: what is done twice can be told apart by when.
        """
        self.now = max(instant, self.now + _MOMENT)
        due = {at for at in self._due if at <= self.now}
        self._due -= due
        return bool(due)

    def go_through(self, until: datetime) -> Iterator[datetime]:
        """Reach, one after another, the instants up to `until` at which something is due."""
        for instant in sorted(at for at in self._due if at <= until):
            self.reach(instant)
            yield instant

    def _window_of(self, entry: LogEntry) -> int:
        return int(entry.occurred_at.timestamp()) // self._window_seconds * self._window_seconds
