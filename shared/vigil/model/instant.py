"""Instants as text."""

from datetime import UTC, datetime


def instant_as_text(at: datetime) -> str:
    """Return an aware instant in ISO 8601, in UTC, with `Z`; with a fraction if it has one.

    >>> instant_as_text(datetime(2024, 1, 15, 12, 0, tzinfo=UTC))
    '2024-01-15T12:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
