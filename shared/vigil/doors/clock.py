"""What time it is."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)
