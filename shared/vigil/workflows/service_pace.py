"""How often one service may be written: Firestore takes about one write a second of a document."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

# Whoever waits for a commit is done within this; if not, none came.
_STALE = 10


@dataclass(frozen=True, slots=True)
class Pace:
    """At most one commit in `every` to the documents of one service; zero is no limit."""

    every: timedelta = timedelta(0)

    def allows(self, committed_at: datetime | None, now: datetime) -> bool:
        """Whether a service that was last committed to at `committed_at` may be now."""
        return committed_at is None or not self._left(committed_at, now)

    def may_have_deltas(self, committed_at: datetime | None, now: datetime) -> bool:
        """Whether somebody may have left a delta lately, because the service was too hot."""
        if committed_at is None or not self.every:
            return False
        return abs(now - committed_at) < self.every * _STALE

    def wait_seconds(self, committed_at: datetime | None, now: datetime, name: str) -> float:
        """Return how long to wait until the service may be written again.

        Those who wait are spread over half as long again by their `name`: the first of them does
        the work of all, and the others find it done.
        """
        if committed_at is None:
            return 0.0
        spread = crc32(name.encode()) / 2**32 / 2
        return (self._left(committed_at, now) + self.every * spread).total_seconds()

    def _left(self, committed_at: datetime, now: datetime) -> timedelta:
        """Return how long it may not be written; a clock far ahead of ours holds nothing up."""
        since = now - committed_at
        return self.every - since if abs(since) < self.every else timedelta(0)


# A little more than the second that Firestore asks for, since a commit takes a varying while from
# the instant that stands in it to the store.
ONE_A_SECOND = Pace(timedelta(seconds=1.1))
