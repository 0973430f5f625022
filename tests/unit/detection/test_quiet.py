"""What every rule must bear without a word, through the whole of detection."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.detect import advance, observe
from vigil.detection.service_state import ServiceState
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.log_severity import LogSeverity
from vigil.model.tenant import Thresholds

USUAL = Thresholds()
Day = Iterator[tuple[float, dict[str, object]]]


def constant() -> Day:
    """Ten requests in each minute, five hours."""
    for number in range(3000):
        yield 6.0 * number, {}


def twenty_a_day() -> Day:
    """One request in 72 minutes, of uneven length, for three days; one in ten fails."""
    for number in range(60):
        fields: dict[str, object] = {"latency_us": 100_000 + 37_000 * (number % 13)}
        if number % 10 == 9:
            fields |= {"failed": True, "status": 500, "severity": LogSeverity.ERROR}
        yield 4320.0 * number, fields


def by_the_hour() -> Day:
    """A job that calls two hundred times at the full hour, for a day."""
    for number in range(24 * 200):
        yield 3600.0 * (number // 200) + 0.2 * (number % 200), {}


def slowly_rising() -> Day:
    """A day's rise from ten to sixty requests a minute and from 100 to 200 ms."""
    for minute in range(600):
        for number in range(10 + minute // 12):
            yield 60.0 * minute + number, {"latency_us": 100_000 + 166 * minute}


def usual_noise() -> Day:
    """One failure of another kind in fifty, one warning in ten, latencies from 50 to 250 ms."""
    for number in range(3000):
        fields: dict[str, object] = {"latency_us": 50_000 + 7919 * number % 200_000}
        if number % 50 == 7:
            fields |= {"failed": True, "status": 500, "message": "oops " + "abcdef"[number % 6]}
        elif number % 10 == 3:
            fields |= {"severity": LogSeverity.WARNING, "message": "retried once"}
        yield 1.2 * number, fields


def lone_errors() -> Day:
    """One error a minute, outside of requests, and nothing else."""
    fields: dict[str, object] = {"endpoint": "", "status": None, "latency_us": None}
    for minute in range(60):
        yield 60.0 * minute, {"failed": True, "severity": LogSeverity.ERROR, **fields}


def watched(day: Day) -> list[Anomaly]:
    """Return the anomalies of a day, with a batch and a tick for every minute."""
    minutes: dict[int, list[LogEntry]] = {}
    for number, (seconds, fields) in enumerate(day):
        when = NOON + timedelta(seconds=seconds)
        entry = log_entry(digest=f"{number:016x}", occurred_at=when, received_at=when, **fields)
        minutes.setdefault(int(seconds // 60), []).append(entry)
    state = ServiceState("shop")
    found: list[Anomaly] = []
    noon = int(NOON.timestamp())
    for minute in range(max(minutes) + 1):
        seen = observe(state, minutes.get(minute, ()), thresholds=USUAL, calls={})
        # Another service is heard in every minute, and the tick comes as late as entries may.
        heard = frozenset(range(noon + 60 * (minute - 31), noon + 60 * minute + 1, 60))
        now = NOON + timedelta(seconds=60 * minute + 30)
        ticked = advance(seen.state, now, tenant_id="acme", thresholds=USUAL, heard=heard)
        state = ticked.state
        found += ticked.anomalies
    return found


DAYS = [constant, twenty_a_day, by_the_hour, slowly_rising, usual_noise, lone_errors]


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.__name__)
def test_healthy_traffic_is_quiet(day: Callable[[], Day]) -> None:
    assert watched(day()) == []


def test_a18_the_same_watch_does_see_a_silence() -> None:
    def stops() -> Day:
        yield from constant()
        yield 18_600.0, {"endpoint": "GET /other"}

    assert {anomaly.endpoint for anomaly in watched(stops())} == {"POST /payment"}
