"""Event time as whole microseconds since 1970, which add and compare exactly."""

from datetime import UTC, datetime, timedelta

SECOND_US = 1_000_000
_DAY_SECONDS = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds_of(instant: datetime) -> int:
    """Return the microseconds from 1970 to an aware `instant`, exactly.

    >>> microseconds_of(datetime(1970, 1, 1, 0, 1, 0, 5, tzinfo=UTC))
    60000005
    """
    # Exact in whole numbers, and sooner done than by `timestamp`.
    since = instant - _EPOCH
    return (since.days * _DAY_SECONDS + since.seconds) * SECOND_US + since.microseconds


def instant_of(microseconds: int) -> datetime:
    """Return the instant, in UTC, `microseconds` after 1970.

    >>> instant_of(60_000_005).isoformat()
    '1970-01-01T00:01:00.000005+00:00'
    """
    return _EPOCH + timedelta(microseconds=microseconds)
