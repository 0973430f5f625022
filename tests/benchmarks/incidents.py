"""What detection says of recorded days with known faults, beside the rules alone.

    python -m tests.benchmarks.incidents --data DIR --out DIR [--tick SECONDS]

DIR holds faults.json (fault_id, date, injected_at, service), coverage.json (by date the intervals
that hold data) and for each date DATE.ndjson.xz, with DATE-normal.ndjson.xz before it if there is
one: entries as Cloud Logging exports them. Each day is replayed in event time: what comes in each
second is a batch, and there is a tick every so many seconds. A finding's time is the instant at
which it was told.

A fault counts as found if a finding of its service is told within 150 seconds of its injection.
From then to the end of its interval whatever is told belongs to it; what is told of a window that
began before, or in an interval without a fault, is false. Findings of one series and type in
consecutive windows are one. How many of the false ones are of the service that is broken later in
the same interval is told beside them, and changes nothing: a fault may show before the time that
faults.json gives, or stay from the interval before. Outside of the intervals nothing is judged:
what comes there is learned, and there is nothing in it.
"""

import argparse
import json
import lzma
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from vigil.detection.watch import Watch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.tenant import Thresholds

WITHIN = timedelta(seconds=150)
_SECOND = timedelta(seconds=1)
_PAUSE = timedelta(seconds=120)
_WINDOW = timedelta(seconds=60)
# Of a day whose data are all of faults, in hours.
_SHORTEST = 1 / 3600


@dataclass(frozen=True, slots=True)
class Fault:
    """What was broken, when, until when its interval lasts, and what kind of fault it was."""

    fault_id: str
    service: str
    kind: str
    injected_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What a day came to; `found` has the seconds from injection to the first right finding.

    `ahead` are the `false` ones of a service that is broken later in the same interval.
    """

    faults: int
    found: dict[str, float]
    by_kind: dict[str, list[int]]
    false: int
    ahead: int
    covered_hours: float
    findings: int

    def line(self) -> str:
        """Return the figures in a line."""
        seconds = sorted(self.found.values())
        middle = f"{median(seconds):.0f} s" if seconds else "-"
        kinds = ", ".join(f"{kind} {n}/{of}" for kind, (n, of) in sorted(self.by_kind.items()))
        return (
            f"found {len(self.found)} of {self.faults} "
            f"({len(self.found) / max(self.faults, 1):.0%}), "
            f"median {middle}, false {self.false / max(self.covered_hours, _SHORTEST):.2f} an hour "
            f"({self.false} in {self.covered_hours:.2f} h, {self.ahead} of them of the service "
            f"that is broken next), {self.findings} findings; {kinds}"
        )


def judged(
    told: Sequence[tuple[datetime, Anomaly]],
    faults: Sequence[Fault],
    intervals: Sequence[tuple[datetime, datetime]],
) -> Result:
    """Return what `told`, each with when, comes to on a day with `faults`."""
    found: dict[str, float] = {}
    for fault in faults:
        right = [
            at
            for at, anomaly in told
            if anomaly.service == fault.service
            and fault.injected_at <= at <= fault.injected_at + WITHIN
            and anomaly.window_started_at + _WINDOW > fault.injected_at
        ]
        if right:
            found[fault.fault_id] = (min(right) - fault.injected_at).total_seconds()
    false = [each for each in _folded(told) if _is_false(each, faults, intervals)]
    covered = sum([end - start for start, end in intervals], timedelta())
    faulty = sum([fault.ends_at - fault.injected_at for fault in faults], timedelta())
    by_kind: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for fault in faults:
        by_kind[fault.kind][0] += fault.fault_id in found
        by_kind[fault.kind][1] += 1
    return Result(
        len(faults),
        found,
        dict(by_kind),
        len(false),
        len([each for each in false if _is_ahead(each, faults, intervals)]),
        (covered - faulty) / timedelta(hours=1),
        len(_folded(told)),
    )


def _folded(told: Sequence[tuple[datetime, Anomaly]]) -> list[Anomaly]:
    """Return the first finding of each run of windows of one series and type."""
    firsts: list[Anomaly] = []
    latest: dict[tuple[object, str], datetime] = {}
    for anomaly in sorted([each for _, each in told], key=lambda each: each.window_started_at):
        key = anomaly.series, anomaly.anomaly_type.value
        before = latest.get(key)
        if before is None or anomaly.window_started_at - before > _PAUSE:
            firsts.append(anomaly)
        latest[key] = anomaly.window_started_at
    return firsts


def _is_false(
    anomaly: Anomaly, faults: Sequence[Fault], intervals: Sequence[tuple[datetime, datetime]]
) -> bool:
    """Whether a finding began in an interval, and in no fault."""
    start, end = anomaly.window_started_at, anomaly.window_started_at + _WINDOW
    inside = any(start < until and end > since for since, until in intervals)
    of_fault = any(end > fault.injected_at and start < fault.ends_at for fault in faults)
    return inside and not of_fault


def _is_ahead(
    anomaly: Anomaly, faults: Sequence[Fault], intervals: Sequence[tuple[datetime, datetime]]
) -> bool:
    """Whether the service of a finding is broken after it, in the interval in which it began."""
    start, end = anomaly.window_started_at, anomaly.window_started_at + _WINDOW
    return any(
        fault.service == anomaly.service and end <= fault.injected_at <= until
        for since, until in intervals
        if start < until and end > since
        for fault in faults
    )


def entries_of(path: Path) -> Iterator[LogEntry]:
    """Yield the entries of a file in its order."""
    with lzma.open(path) as lines:
        for line in lines:
            yield LogEntry.parse(line)


def replayed(
    entries: Sequence[LogEntry], thresholds: Thresholds, tick: timedelta
) -> list[tuple[datetime, Anomaly]]:
    """Return what is told of entries in order of time, each with when."""
    watch, told = Watch(thresholds), list[tuple[datetime, Anomaly]]()
    ticks = _Ticks(watch, tick)
    for second, together in groupby(entries, key=_second_of):
        told += ticks.until(second)
        told += [(second + _SECOND, anomaly) for anomaly in watch.take_in(list(together))]
    return [*told, *ticks.until(None)]


def _second_of(entry: LogEntry) -> datetime:
    return entry.received_at.replace(microsecond=0)


class _Ticks:
    """Ticks of a watch; they go on for a while when nothing comes, and then wait."""

    def __init__(self, watch: Watch, every: timedelta) -> None:
        self._watch = watch
        self._every = every
        self._at: datetime | None = None
        self._heard_at: datetime | None = None

    def until(self, second: datetime | None) -> list[tuple[datetime, Anomaly]]:
        """Return what the ticks tell until `second`, in which something comes; None at the end."""
        told: list[tuple[datetime, Anomaly]] = []
        last = (self._heard_at or second or datetime.now(UTC)) + 2 * _PAUSE
        limit = last if second is None else min(second, last)
        while self._at is not None and self._at + self._every <= limit:
            self._at += self._every
            told += [(self._at, anomaly) for anomaly in self._watch.tick(self._at)]
        if second is not None:
            self._at = self._at if self._at and second - self._at <= _PAUSE else second
            self._heard_at = second
        return told


def day_of(folder: Path, date: str) -> list[LogEntry]:
    """Return a day's entries in order of time, the fault-free ones of the day with them."""
    files = [folder / f"{date}-normal.ndjson.xz", folder / f"{date}.ndjson.xz"]
    entries = [entry for file in files if file.exists() for entry in entries_of(file)]
    return sorted(entries, key=lambda entry: entry.received_at)


def faults_of(plain: Sequence[dict[str, Any]], date: str, intervals: Sequence[Any]) -> list[Fault]:
    """Return the faults of a day, each with the end of the interval it lies in."""
    faults = []
    for each in plain:
        if each["date"] != date:
            continue
        at = datetime.fromisoformat(each["injected_at"])
        ends = [end for start, end in intervals if start <= at <= end]
        kind = str(each.get("type", "fault"))
        faults.append(
            Fault(each["fault_id"], each["service"], kind, at, min([*ends, at + 2 * WITHIN]))
        )
    return faults


def main() -> None:
    """Print and write what each day comes to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tick", type=float, default=5.0)
    asked = parser.parse_args()
    plain = json.loads((asked.data / "faults.json").read_text(encoding="utf-8"))
    coverage = json.loads((asked.data / "coverage.json").read_text(encoding="utf-8"))
    ways = {"rules only": Thresholds(rules_only=True), "detection": Thresholds()}
    results: dict[str, dict[str, Any]] = {name: {} for name in ways}
    for date, spans in sorted(coverage.items()):
        intervals = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in spans]
        faults = faults_of(plain, date, intervals)
        entries = day_of(asked.data, date)
        for name, thresholds in ways.items():
            told = replayed(entries, thresholds, timedelta(seconds=asked.tick))
            result = judged(told, faults, intervals)
            results[name][date] = asdict(result) | {"told": [_shown(at, a) for at, a in told]}
            print(f"{date} {name:10} {result.line()}", flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1, default=str)
    (asked.out / "incidents.json").write_text(text, encoding="utf-8")


def _shown(at: datetime, anomaly: Anomaly) -> dict[str, str]:
    return {
        "at": at.isoformat(),
        "window": anomaly.window_started_at.isoformat(),
        "service": anomaly.service,
        "endpoint": anomaly.endpoint,
        "type": anomaly.anomaly_type.value,
        "description": anomaly.description,
    }


if __name__ == "__main__":
    main()
