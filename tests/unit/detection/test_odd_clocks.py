"""A03, A04, A05: from raw entries to findings, whatever their clocks say."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, raw_entry
from vigil.detection.watch import Watch
from vigil.logs.log_entry import LogEntry
from vigil.logs.timestamp import FUTURE_TOLERANCE, parse_timestamp
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.tenant import Thresholds

DAY = timedelta(days=1)
Clock = Callable[[datetime], object]


def failing(number: int, received: datetime, clock: Clock) -> LogEntry:
    """Return a failed payment that was received then, and says what its `clock` says."""
    raw = raw_entry(
        insertId=f"{number}",
        severity="ERROR",
        timestamp=clock(received),
        receiveTimestamp=None,
        httpRequest={"requestMethod": "POST", "requestUrl": "/pay", "status": 500},
    )
    return LogEntry.parse(raw, received_at=received)


def watched(clock: Clock, *, end: timedelta = timedelta(minutes=10)) -> tuple[list[Anomaly], int]:
    """Return what is found of 40 failures within a minute, and how many of them came late."""
    watch = Watch(Thresholds())
    received = [NOON + timedelta(seconds=second) for second in range(40)]
    entries = [failing(number, at, clock) for number, at in enumerate(received)]
    found = watch.take_in(entries)
    return [*found, *watch.tick(NOON + end)], watch.late


@pytest.mark.parametrize(
    ("clock", "found_at", "late"),
    [
        pytest.param(lambda at: at.isoformat(), timedelta(0), 0, id="right"),
        pytest.param(lambda at: (at + DAY).isoformat(), FUTURE_TOLERANCE, 0, id="a day ahead"),
        pytest.param(lambda at: (at - DAY).isoformat(), None, 40, id="a day behind"),
        pytest.param(lambda at: (at - 30 * DAY).isoformat(), None, 40, id="30 days old"),
        pytest.param(lambda at: None, timedelta(0), 0, id="missing"),
        pytest.param(lambda at: "0001-01-01T00:00:00Z", timedelta(0), 0, id="never set"),
    ],
)
def test_a03_skewed_clocks(clock: Clock, found_at: timedelta | None, late: int) -> None:
    found, counted = watched(clock)
    expected = [] if found_at is None else [NOON + found_at]
    started = {a.window_started_at for a in found if a.anomaly_type is AnomalyType.ERROR_SPIKE}
    assert sorted(started) == expected
    assert counted == late
    assert found_at is not None or found == []


def test_a03_what_was_moved_in_time_is_still_told_apart() -> None:
    old = [
        failing(1, NOON, lambda at: (at - 2 * DAY).isoformat()),
        failing(1, NOON, lambda at: (at - 3 * DAY).isoformat()),
    ]
    assert old[0].occurred_at == old[1].occurred_at
    assert old[0].digest != old[1].digest


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.123456789Z", id="nine digits"),
        pytest.param(lambda at: f"{at:%Y-%m-%dT%H:%M}:60Z", id="leap second"),
        pytest.param(lambda at: "10000-01-01T00:00:00Z", id="year 10000"),
        pytest.param(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}", id="no zone"),
        pytest.param(lambda at: at.timestamp() * 1e9, id="nanoseconds"),
        pytest.param(lambda at: {"seconds": at.timestamp(), "nanos": 5}, id="proto"),
    ],
)
def test_a05_odd_times_are_found_like_others(clock: Clock) -> None:
    found, late = watched(clock)
    assert [a.anomaly_type for a in found if a.anomaly_type is AnomalyType.ERROR_SPIKE]
    assert late == 0


def test_a04_an_entry_a_day_ahead_delays_nothing_that_comes_after_it() -> None:
    watch = Watch(Thresholds())
    watch.take_in([failing(0, NOON, lambda at: (at + DAY).isoformat())])
    watch.tick(NOON + timedelta(minutes=1))
    later = [NOON + timedelta(minutes=2, seconds=second) for second in range(40)]
    found = watch.take_in([failing(9 + n, at, datetime.isoformat) for n, at in enumerate(later)])
    found += watch.tick(NOON + timedelta(minutes=4))
    assert {a.window_started_at for a in found} == {NOON + timedelta(minutes=2)}
    assert watch.late == 0


@given(
    st.integers(10**8, 2 * 10**11),
    st.text("0123456789", min_size=1, max_size=12),
)
def test_a05_digits_beyond_microseconds_are_dropped(seconds: int, digits: str) -> None:
    whole = datetime.fromtimestamp(seconds, UTC)
    expected = timedelta(microseconds=int(digits[:6].ljust(6, "0")))
    read = parse_timestamp(f"{whole.isoformat().removesuffix('+00:00')}.{digits}Z")
    assert read == whole + expected


@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(
            r"[0-9]{4,6}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,12})?"
            r"(Z|z|[+-][0-9]{2}:[0-9]{2})?",
            fullmatch=True,
        ),
        st.floats(),
        st.integers(),
        st.dictionaries(st.sampled_from(["seconds", "nanos"]), st.one_of(st.integers(), st.text())),
    )
)
def test_a05_no_time_is_an_exception(value: object) -> None:
    read = parse_timestamp(value)
    assert read is None or (read.tzinfo is UTC and 1971 <= read.year <= 9998)
