"""Small builders for tests of backtests: findings, readings, entries and whole results."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from vigil.detection.reading import ERROR_RATE, REQUESTS, Reading
from vigil.local.backtest.run import Result, Run
from vigil.local.backtest.settings import Configuration
from vigil.local.backtest.spells import Spell
from vigil.local.backtest.traces import Traces
from vigil.local.raw_entry import RawEntry
from vigil.model.anomaly import AnomalyType
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

DAWN = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHOP = Series("shop", "POST /pay")

_SPELL = Spell(
    series=SHOP,
    anomaly_type=AnomalyType.ERROR_SPIKE,
    started_at=DAWN,
    told_at=DAWN + timedelta(seconds=90),
    first_window_at=DAWN,
    ended_at=DAWN + MINUTE,
    severity=Severity.HIGH,
    confidence=0.9,
    description="error rate 25.0% (50 of 200), usually 1.1%",
    example="card declined",
)


def spell(first: int = 0, last: int | None = None, **changes: object) -> Spell:
    """Return a finding from the minute `first` to the end of the minute `last`."""
    end = first if last is None else last
    times = {
        "started_at": DAWN + first * MINUTE,
        "told_at": DAWN + first * MINUTE + timedelta(seconds=90),
        "first_window_at": DAWN + first * MINUTE,
        "ended_at": DAWN + (end + 1) * MINUTE,
        "windows": end - first + 1,
    }
    # Each test names real fields.
    return replace(_SPELL, **{**times, **changes})  # type: ignore[arg-type]


def run(
    spells: Iterable[Spell] = (),
    *,
    thresholds: Thresholds | None = None,
    minutes: int = 10,
    series: Sequence[Series] = (SHOP,),
) -> Run:
    """Return what a configuration found in so many minutes, with a reading of each."""
    traces = Traces()
    start = int(DAWN.timestamp())
    heard = [start + 60 * minute for minute in range(minutes)]
    for at in heard:
        for each in series:
            traces.add(Reading(each, at, REQUESTS, 20.0, None, 19.0, None))
            traces.add(Reading(each, at, ERROR_RATE, 0.01, 0.0, 0.01, 0.05))
    found = sorted(spells, key=lambda each: each.told_at)
    windows = sum(each.windows for each in found)
    configuration = Configuration("defaults", thresholds or Thresholds())
    return Run(configuration, found, 0, windows, 0, traces, heard)


def result(*runs: Run) -> Result:
    """Return the result of these runs."""
    return Result(1000, 1, {"not JSON": 2}, DAWN, DAWN + 10 * MINUTE, runs or [run()])


def entry(at: datetime, number: int, **changes: object) -> dict[str, object]:
    """Return an entry as Cloud Logging exports it: a payment that went well."""
    return {
        "logName": "projects/p/logs/requests",
        "insertId": f"{number}",
        "timestamp": at.isoformat(),
        "severity": "INFO",
        "labels": {"service": "shop"},
        "httpRequest": {"requestMethod": "POST", "requestUrl": "/pay", "status": 200,
                        "latency": "0.05s"},
        **changes,
    }  # fmt: skip


def failure(at: datetime, number: int, text: str = "card declined") -> dict[str, object]:
    """Return an entry of a payment that failed, which says `text`."""
    request = {"requestMethod": "POST", "requestUrl": "/pay", "status": 500, "latency": "0.05s"}
    payload = {"message": text}
    return entry(at, number, severity="ERROR", httpRequest=request, jsonPayload=payload)


def minutes_of_payments(
    minutes: int, *, failing: Iterable[int] = (), each: int = 20, text: str = "card declined"
) -> list[dict[str, object]]:
    """Return `each` payments a minute; in the minutes that are `failing` all of them fail."""
    bad = frozenset(failing)
    entries = []
    for number in range(minutes * each):
        minute, place = divmod(number, each)
        at = DAWN + minute * MINUTE + place * MINUTE / each
        entries.append(failure(at, number, text) if minute in bad else entry(at, number))
    return entries


def raw(entries: Iterable[dict[str, object]]) -> list[RawEntry]:
    """Return entries as they stand in a file."""
    lines = [orjson.dumps(each) for each in entries]
    return [RawEntry(line, len(line)) for line in lines]
