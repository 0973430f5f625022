"""When an entry happened and when it was received (FAULTS A03, A04, A05)."""

import re
from datetime import UTC, datetime, timedelta

from vigil.errors import InvalidLogEntry
from vigil.logs.fields import Fields, number_of

LATE_HORIZON = timedelta(hours=1)
FUTURE_TOLERANCE = timedelta(minutes=5)
# Cloud Logging takes entries that are up to a day in the future, and a backlog can be a day old.
RECEIVE_HORIZON = timedelta(hours=24)
# Zero times (year 1, 1970 for a clock that was never set) and the last year leave no room for
# arithmetic.
_FIRST_YEAR, _LAST_YEAR = 1971, 9998
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds, milliseconds, microseconds and nanoseconds since 1970 differ by more than any plausible
# date.
_EPOCH_UNITS = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (1e20, 1e-3))
_LEAP_SECOND = re.compile(r"(.{10}[Tt ][0-9]{2}:[0-9]{2}:)60(.*)", re.ASCII)


def parse_timestamp(value: object) -> datetime | None:
    """Return an aware UTC instant to the microsecond, or None for what is no usable time.

    Takes RFC 3339 and ISO 8601 texts (digits beyond microseconds are dropped, second 60 is the next
    minute's 0, no zone means UTC), numbers since 1970 in s, ms, us or ns, and proto's {"seconds",
    "nanos"}. Years outside 1971..9998 are no usable time.

    >>> parse_timestamp("2024-02-29T12:00:00.123456789Z").isoformat()
    '2024-02-29T12:00:00.123456+00:00'
    >>> parse_timestamp("2016-12-31T23:59:60Z").isoformat()
    '2017-01-01T00:00:00+00:00'
    >>> parse_timestamp("10000-01-01T00:00:00Z") is None
    True
    """
    try:
        instant = _read_text(value) if isinstance(value, str) else _read_number(value)
        if instant is None or not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
            return None
        return instant if instant.tzinfo is UTC else _in_utc(instant)
    except (ValueError, OverflowError):
        return None


def instants_of(
    fields: Fields, payload: Fields, received_at: datetime | None
) -> tuple[datetime, datetime, bool]:
    """Return when the entry happened, when it was received, and whether it is late.

    The first is kept within LATE_HORIZON before and FUTURE_TOLERANCE after the second, so that no
    clock can open old windows or pin new ones; what was older is late. A receiveTimestamp that is
    far from `received_at` is not believed. With neither, the entry's own time stands for both.
    Raises InvalidLogEntry if there is no time at all.
    """
    own = parse_timestamp(fields.get("timestamp")) or parse_timestamp(
        payload.get("timestamp") or payload.get("Timestamp")
    )
    received = _received(parse_timestamp(fields.get("receiveTimestamp")), received_at)
    if received is None:
        if own is None:
            raise InvalidLogEntry("no usable time")
        return own, own, False
    if own is None:
        return received, received, False
    return _clamped(own, received)


def _clamped(own: datetime, received: datetime) -> tuple[datetime, datetime, bool]:
    earliest = received - LATE_HORIZON
    if own < earliest:
        return earliest, received, True
    latest = received + FUTURE_TOLERANCE
    return (own if own <= latest else latest), received, False


def _received(claimed: datetime | None, received_at: datetime | None) -> datetime | None:
    if claimed is None or received_at is None:
        return claimed or received_at
    credible = received_at - RECEIVE_HORIZON <= claimed <= received_at + FUTURE_TOLERANCE
    return claimed if credible else received_at


def _read_text(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    leap = _LEAP_SECOND.fullmatch(text)
    if leap:
        return datetime.fromisoformat(f"{leap[1]}59{leap[2]}") + timedelta(seconds=1)
    since_epoch = _read_number(text)
    return since_epoch or datetime.fromisoformat(text.strip().upper())


def _read_number(value: object) -> datetime | None:
    if isinstance(value, dict):
        seconds, nanos = number_of(value.get("seconds")), number_of(value.get("nanos", 0))
        return _after_epoch(seconds * 1e6 + nanos / 1e3) if seconds and nanos is not None else None
    number = number_of(value)
    if number is None:
        return None
    for limit, microseconds in _EPOCH_UNITS:
        if 0 < number < limit:
            return _after_epoch(number * microseconds)
    return None


def _after_epoch(microseconds: float) -> datetime:
    return _EPOCH + timedelta(microseconds=round(microseconds))


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)
