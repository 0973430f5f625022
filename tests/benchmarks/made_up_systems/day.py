"""A day of a made-up system as a folder of entries, as recorded days are."""

import json
import lzma
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.made_up_systems.fault import Fault, made_up_fault
from tests.benchmarks.made_up_systems.request import Request, Told
from tests.benchmarks.made_up_systems.system import System, made_up_system

_OPENS_AT = datetime(2026, 1, 20, 8, tzinfo=UTC)
_NORMAL = timedelta(minutes=2)
_BEFORE = timedelta(seconds=60)
_LASTS = timedelta(seconds=150)
_APART = timedelta(minutes=8)
# What is asked for, and what it needs, is never quite the same as before.
_DRIFT = 0.15


@dataclass(slots=True)
class Day:
    """A system, and what customers ask of it and in which shares its steps are made by and by."""

    system: System
    chance: random.Random
    fault: Fault | None = None
    mix: dict[int, float] = field(default_factory=dict)
    shares: dict[tuple[int, int], float] = field(default_factory=dict)

    def drift(self) -> None:
        """Change a little what is asked for, and how often a step is made that is not always."""
        for place, rate in self.system.entries:
            known = self.mix.get(place, rate)
            self.mix[place] = known * self.chance.lognormvariate(0.0, _DRIFT)
        for place, operation in enumerate(self.system.operations):
            for number, step in enumerate(operation.steps):
                if step.share < 1.0:
                    known = self.shares.get((place, number), step.share)
                    changed = known + self.chance.gauss(0.0, _DRIFT / 3)
                    self.shares[place, number] = min(max(changed, 0.0), 1.0)

    def minutes(self, begins_at: datetime, lasts: timedelta) -> Iterator[dict[str, object]]:
        """Yield the entries of the requests that come in so long, as they are logged."""
        for place, rate in sorted(self.mix.items()):
            after = self.chance.expovariate(rate)
            while after < lasts.total_seconds():
                request = Request(self.system, self.fault, self.chance, self.shares)
                start_us = 1e6 * (begins_at.timestamp() + after)
                request.run(place, start_us, "")
                trace_id = f"{self.chance.getrandbits(128):032x}"
                yield from (_entry(told, trace_id) for told in request.told)
                after += self.chance.expovariate(rate)

    def runs(self) -> list[float]:
        """Return how many runs a second each operation has, about."""
        runs = [self.mix.get(place, 0.0) for place in range(len(self.system.operations))]
        for place, operation in enumerate(self.system.operations):
            for step in operation.steps:
                if step.callee is not None:
                    runs[step.callee] += runs[place] * step.share
        return runs


def write_day(folder: Path, seed: str, faults: int, *, healthy: bool = False) -> System:
    """Write a day of a system with so many faults into a folder; return the system.

    If `healthy`, nothing is broken, though there are onsets: nobody is to be blamed.
    """
    chance = random.Random(seed)
    day = Day(made_up_system(chance), chance)
    day.drift()
    date = f"{_OPENS_AT:%Y-%m-%d}"
    told: list[dict[str, str]] = []
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{date}-normal.ndjson.xz", day.minutes(_OPENS_AT - _NORMAL, _NORMAL))
    _write(folder / f"{date}.ndjson.xz", _minutes_of(day, told, faults, healthy=healthy))
    (folder / "faults.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    return day.system


def _minutes_of(
    day: Day, told: list[dict[str, str]], faults: int, *, healthy: bool
) -> Iterator[dict[str, object]]:
    for number in range(faults):
        onset = _OPENS_AT + _APART * (number + 1)
        day.drift()
        yield from day.minutes(onset - _BEFORE, _BEFORE)
        fault = made_up_fault(day.chance, day.system, day.runs())
        day.fault = None if healthy else fault
        told.append(
            {
                "fault_id": f"f-{number + 1:02}",
                "date": f"{onset:%Y-%m-%d}",
                "injected_at": f"{onset:%Y-%m-%dT%H:%M:%SZ}",
                "service": "" if healthy else fault.service,
                "type": "none" if healthy else fault.kind.value,
            }
        )
        day.drift()
        yield from day.minutes(onset, _LASTS)
        day.fault = None


def _write(path: Path, entries: Iterator[dict[str, object]]) -> None:
    ordered = sorted(entries, key=lambda entry: str(entry["timestamp"]))
    with lzma.open(path, "wt", preset=0) as lines:
        lines.writelines(f"{json.dumps(entry)}\n" for entry in ordered)


def _entry(told: Told, trace_id: str) -> dict[str, object]:
    return {
        "logName": "projects/made-up/logs/spans",
        "timestamp": _clock(told.start_us + told.us),
        "severity": "ERROR" if told.failed else "INFO",
        "resource": {"type": "k8s_container", "labels": {"container_name": told.service}},
        "insertId": told.span_id,
        "trace": f"projects/made-up/traces/{trace_id}",
        "spanId": told.span_id,
        "jsonPayload": {
            "message": told.name,
            "span": {
                "name": told.name,
                "parentSpanId": told.parent_id,
                "startTime": _clock(told.start_us),
                "durationMs": told.us / 1000,
            },
        },
    }


def _clock(us: int) -> str:
    return f"{datetime.fromtimestamp(us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{us % 1_000_000:06}Z"
