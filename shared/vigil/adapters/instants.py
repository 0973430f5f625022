"""Instants as integers that keep every microsecond and sort as they follow each other."""

from datetime import UTC, datetime, timedelta

from vigil.errors import PermanentError

_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime.max.replace(tzinfo=UTC) - _YEAR_ONE) // _MICROSECOND


def microseconds_of(instant: datetime) -> int:
    """Return the microseconds from the start of the year 1 to `instant`; never negative.

    Raises PermanentError for a naive instant and for one outside of the years 1 to 9999 in UTC.

    >>> microseconds_of(datetime(1, 1, 1, 0, 0, 2, tzinfo=UTC))
    2000000
    """
    if instant.utcoffset() is None:
        raise PermanentError("a naive datetime says no instant: give it a time zone")
    microseconds = (instant - _YEAR_ONE) // _MICROSECOND
    if not 0 <= microseconds <= _LAST:
        raise PermanentError("a datetime lies in the years 1 to 9999 in UTC")
    return microseconds


def instant_of(microseconds: int) -> datetime:
    """Return, in UTC, the instant that `microseconds_of` counted.

    >>> instant_of(2_000_000).isoformat()
    '0001-01-01T00:00:02+00:00'
    """
    return _YEAR_ONE + timedelta(microseconds=microseconds)
