"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)


class SetClock:
    """A Clock that stands at noon until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
