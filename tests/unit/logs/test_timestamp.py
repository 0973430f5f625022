"""Whatever the clocks say, an entry has one usable time."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tests.builders import NOON, raw_entry
from vigil.logs.log_entry import LogEntry
from vigil.logs.timestamp import FUTURE_TOLERANCE, LATE_HORIZON, parse_timestamp

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def parsed(received_at: datetime | None = None, **fields: object) -> LogEntry:
    return LogEntry.parse(orjson.dumps(raw_entry(**fields)), received_at=received_at)


@pytest.mark.parametrize(
    ("offset", "expected", "late"),
    [
        pytest.param(timedelta(0), timedelta(0), False, id="now"),
        pytest.param(-LATE_HORIZON, -LATE_HORIZON, False, id="at the horizon"),
        pytest.param(-LATE_HORIZON - MINUTE, -LATE_HORIZON, True, id="beyond the horizon"),
        pytest.param(-DAY, -LATE_HORIZON, True, id="a day old"),
        pytest.param(-30 * DAY, -LATE_HORIZON, True, id="30 days old"),
        pytest.param(FUTURE_TOLERANCE, FUTURE_TOLERANCE, False, id="at the tolerance"),
        pytest.param(DAY, FUTURE_TOLERANCE, False, id="a04 a day ahead"),
    ],
)
def test_a03_the_time_is_kept_near_the_time_of_receipt(
    offset: timedelta, expected: timedelta, late: bool
) -> None:
    entry = parsed(NOON, timestamp=(NOON + offset).isoformat(), receiveTimestamp=None)
    assert (entry.occurred_at - NOON, entry.late) == (expected, late)
    assert entry.received_at == NOON


def test_a03_without_a_timestamp_the_time_of_receipt_stands() -> None:
    entry = parsed(NOON, timestamp=None, receiveTimestamp=None)
    assert (entry.occurred_at, entry.late) == (NOON, False)


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        pytest.param(-HOUR, True, id="a backlog"),
        pytest.param(-DAY, True, id="a day's backlog"),
        pytest.param(-DAY - MINUTE, False, id="more than a day"),
        pytest.param(5 * MINUTE, True, id="slightly ahead"),
        pytest.param(6 * MINUTE, False, id="too far ahead"),
    ],
)
def test_a03_a_receive_timestamp_is_believed_if_it_is_near(
    claimed: timedelta, believed: bool
) -> None:
    entry = parsed(NOON, receiveTimestamp=(NOON + claimed).isoformat(), timestamp=None)
    assert entry.received_at == (NOON + claimed if believed else NOON)


def test_a03_an_old_export_is_judged_by_its_own_receive_timestamp() -> None:
    entry = parsed(timestamp="2020-01-01T00:00:00Z", receiveTimestamp="2020-01-01T00:00:02Z")
    assert (entry.occurred_at, entry.late) == (datetime(2020, 1, 1, tzinfo=UTC), False)
    assert parsed(timestamp="2019-12-31T00:00:00Z", receiveTimestamp="2020-01-01T00:00:02Z").late


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-20T12:00:00.123456789Z", "12:00:00.123456", id="nanoseconds"),
        pytest.param("2026-01-20T12:00:00.1Z", "12:00:00.100000", id="tenths"),
        pytest.param("2026-01-20T12:00:60Z", "12:01:00", id="leap second"),
        pytest.param("2026-01-20T12:00:60.5+00:00", "12:01:00.500000", id="half a leap second"),
        pytest.param("2026-01-20T12:00:00", "12:00:00", id="no zone"),
        pytest.param("2026-01-20 12:00:00", "12:00:00", id="a space"),
        pytest.param("2026-01-20t12:00:00z", "12:00:00", id="small letters"),
        pytest.param(" 2026-01-20T12:00:00Z\n", "12:00:00", id="white space"),
        pytest.param("2026-01-20T13:30:00+01:30", "12:00:00", id="another zone"),
        pytest.param(1768910400, "12:00:00", id="seconds"),
        pytest.param(1768910400.5, "12:00:00.500000", id="fractions of seconds"),
        pytest.param("1768910400123", "12:00:00.123000", id="milliseconds as text"),
        pytest.param(1768910400123456, "12:00:00.123456", id="microseconds"),
        pytest.param({"seconds": "1768910400", "nanos": 5000}, "12:00:00.000005", id="proto"),
    ],
)
def test_a05_odd_times_are_read(text: object, expected: str) -> None:
    instant = parse_timestamp(text)
    assert instant is not None
    assert instant.tzinfo is UTC
    assert instant.isoformat() == f"2026-01-20T{expected}+00:00"


@pytest.mark.parametrize(
    "value",
    [
        "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-20T12:00:61Z",
        "2026-01-20T25:00:60Z",
        "yesterday",
        "",
        "\ud800",
        "٢٠٢٦-01-20T12:00:00Z",
        None,
        True,
        -5,
        1e300,
        float("nan"),
        {},
        {"seconds": 10**15},
        [2026],
    ],
    ids=ascii,
)
def test_a05_what_is_no_usable_time_is_replaced_by_the_time_of_receipt(value: object) -> None:
    assert parse_timestamp(value) is None
    raw = raw_entry(timestamp=value, receiveTimestamp=value)
    assert LogEntry.parse(raw, received_at=NOON).occurred_at == NOON
