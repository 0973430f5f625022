"""What detection says of healthy traffic, and whether it still finds what is wrong.

    python -m tests.benchmarks.noise --out DIR [--days N] [--seed N]

The traffic of eight services, deterministic by its seed, goes through detection in event time. A
week is learned, the days after it up to --days are measured, and on one more day true faults are
planted. A finding is what is told of one series and type with no pause of 15 minutes, so a
trouble that lasts is one; windows are counted too. Findings on paths that a bot made up count, but
those paths do not count as series.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.benchmarks.healthy_platform import BEGIN, BOT, LINES, MINUTE, HealthyPlatform
from tests.benchmarks.planted_faults import FAULTS, Fault, FaultyDay
from vigil.detection.watch import Watch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

LEARNED_DAYS = 7
_DAY = timedelta(days=1)
_STEP = timedelta(seconds=20)
_PAUSE = timedelta(minutes=15)


@dataclass(slots=True)
class Measured:
    """What was said, each with when it was said; `seen` are the (series, day) that had entries."""

    kinds: dict[Series, str]
    said: list[tuple[datetime, Anomaly]] = field(default_factory=list)
    seen: set[tuple[Series, int]] = field(default_factory=set)
    entries: int = 0
    seconds: float = 0.0

    def kind_of(self, series: Series) -> str:
        """Return the kind of a series; what was not planned is a bot's."""
        return self.kinds.get(series, BOT)

    def between(self, begin: datetime, end: datetime) -> list[tuple[datetime, Anomaly]]:
        """Return what was said of the windows that began in the time."""
        return [(at, each) for at, each in self.said if begin <= each.window_started_at < end]


def watch_platform(days: int, seed: int, thresholds: Thresholds) -> Measured:
    """Take in healthy days, and one more with faults."""
    platform = HealthyPlatform(seed, FaultyDay(BEGIN + _DAY * days))
    measured = Measured(platform.kinds)
    watch = Watch(thresholds)
    for day in range(days + 1):
        for minute in range(1440):
            at = BEGIN + _DAY * day + MINUTE * minute
            entries = platform.minute(at)
            measured.entries += len(entries)
            measured.seen.update([(Series(e.service, e.endpoint), day) for e in entries])
            began = time.perf_counter()
            measured.said += _watched(watch, entries, at)
            measured.seconds += time.perf_counter() - began
    return measured


def _watched(
    watch: Watch, entries: list[LogEntry], at: datetime
) -> Iterator[tuple[datetime, Anomaly]]:
    """Give the watch a minute's entries as they come, with a tick after each batch."""
    for now in (at + _STEP, at + 2 * _STEP, at + MINUTE):
        batch = [entry for entry in entries if now - _STEP <= entry.occurred_at < now]
        for anomaly in [*watch.take_in(batch), *watch.tick(now)]:
            yield now, anomaly


def fold(said: list[tuple[datetime, Anomaly]]) -> list[Anomaly]:
    """Return the first anomaly of each run of one series and type without a pause."""
    last: dict[tuple[Series, str], datetime] = {}
    first: list[Anomaly] = []
    for _, anomaly in sorted(said, key=lambda each: each[1].window_started_at):
        key, start = (anomaly.series, anomaly.anomaly_type), anomaly.window_started_at
        if key not in last or start - last[key] > _PAUSE:
            first.append(anomaly)
        last[key] = start
    return first


def noise_report(measured: Measured, days: int) -> Iterator[str]:
    """Yield findings a series-day on the healthy days after the learned ones, by kind and type."""
    said = measured.between(BEGIN + _DAY * LEARNED_DAYS, BEGIN + _DAY * days)
    findings = fold(said)
    series_days = Counter(
        measured.kinds[series]
        for series, day in measured.seen
        if series in measured.kinds and LEARNED_DAYS <= day < days
    )
    total = max(series_days.total(), 1)
    counted = Counter((measured.kind_of(f.series), f.anomaly_type.value) for f in findings)
    for (kind, anomaly_type), count in sorted(counted.items()):
        share = f"{count / series_days[kind]:.3f}" if series_days[kind] else "-"
        yield f"  {kind:8} {anomaly_type:24} {count:5}  {share} a series-day"
    yield (
        f"  {len(findings)} findings ({len(said)} windows) in {total} series-days: "
        f"{len(findings) / total:.4f} findings a series-day"
    )


def fault_report(measured: Measured, days: int) -> Iterator[str]:
    """Yield for each planted fault by what it was found, and after how long."""
    day = BEGIN + _DAY * days
    said = measured.between(day - MINUTE, day + _DAY)
    for fault in FAULTS:
        found = [(at, each) for at, each in said if _explains(fault, each, measured, day)]
        if not found:
            yield f"  {fault.name:24} MISSED"
            continue
        at, first = min(found, key=lambda each: each[0])
        seconds = (at - day - MINUTE * fault.minute).total_seconds()
        told = f"{first.anomaly_type.value} of {first.endpoint or LINES}: {first.description}"
        yield f"  {fault.name:24} {seconds:6.0f} s  {told}"
    others = [
        each
        for each in fold(said)
        if not any(_explains(fault, each, measured, day) for fault in FAULTS)
    ]
    yield f"  {len(others)} findings of that day are of no fault"


def _explains(fault: Fault, anomaly: Anomaly, measured: Measured, day: datetime) -> bool:
    return fault.explains(anomaly, measured.kind_of(anomaly.series), day)


def _written(at: datetime, anomaly: Anomaly, measured: Measured) -> dict[str, object]:
    return {
        "said_at": at.isoformat(),
        "window": anomaly.window_started_at.isoformat(),
        "service": anomaly.service,
        "endpoint": anomaly.endpoint,
        "kind": measured.kind_of(anomaly.series),
        "type": anomaly.anomaly_type.value,
        "confidence": anomaly.confidence,
        "description": anomaly.description,
    }


def engines() -> dict[str, Thresholds]:
    """Return what is measured beside each other."""
    return {"detection": Thresholds(), "rules only": Thresholds(rules_only=True)}


def main() -> None:
    """Print the figures, and write what was said to DIR."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, thresholds in engines().items():
        began = time.perf_counter()
        measured = watch_platform(asked.days, asked.seed, thresholds)
        seconds = time.perf_counter() - began
        print(
            f"{name}: {measured.entries} entries, {seconds:.0f} s ({measured.seconds:.0f} watching)"
        )
        print("\n".join(noise_report(measured, asked.days)))
        print("\n".join(fault_report(measured, asked.days)))
        said = [_written(at, anomaly, measured) for at, anomaly in measured.said]
        path = asked.out / f"noise-{name.replace(' ', '-')}.json"
        path.write_text(json.dumps(said, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
