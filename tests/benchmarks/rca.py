"""Which service is blamed for the faults of recorded days.

    python -m tests.benchmarks.rca --data DIR --out DIR [--without spans|logs]

DIR holds faults.json (fault_id, injected_at, and date where it is not that of the onset) and for
each date DATE.ndjson.xz, with DATE-normal.ndjson.xz before it if there is one: entries as Cloud
Logging exports them. Each day is read once in event time. What came before a fault is usual, except
what came within 150 seconds of an earlier one; a fault is judged by what comes within 150 seconds
of it, and by nothing later.

Writes OUT/ranking.json, {fault_id: [service, ...]} with the likeliest first, and prints how long
a ranking took, with and without summing up its evidence. Where faults.json names the services, it
also prints the share of faults whose service is first, among the first three and the first five.
"""

import argparse
import json
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from vigil.detection.trace_joiner import TraceJoiner
from vigil.incidents.suspects import rank_suspects
from vigil.logs.log_entry import LogEntry
from vigil.model.suspect import Suspect
from vigil.model.trace_profile import TraceProfile

WITHIN = timedelta(seconds=150)
_RANKS = (1, 3, 5)

Keep = Callable[[LogEntry], bool]
KEEP: Mapping[str, Keep] = {
    "nothing": lambda entry: True,
    "logs": lambda entry: entry.span_us is not None or entry.latency_us is not None,
    "spans": lambda entry: entry.span_us is None or entry.latency_us is not None,
    "logs and spans": lambda entry: entry.latency_us is not None,
}


@dataclass(slots=True)
class Evidence:
    """What came of traces, summed up, from how many entries and in how many seconds."""

    joiner: TraceJoiner = field(default_factory=TraceJoiner)
    profile: TraceProfile = field(default_factory=TraceProfile)
    entries: int = 0
    seconds: float = 0.0

    def take_in(self, entries: Sequence[LogEntry]) -> None:
        """Add entries."""
        began = perf_counter()
        for found in self.joiner.take_in(entries).values():
            self.profile.merge(found)
        self.entries += len(entries)
        self.seconds += perf_counter() - began

    def settle(self) -> None:
        """Add the traces that are not complete."""
        began = perf_counter()
        for found in self.joiner.flush().values():
            self.profile.merge(found)
        self.seconds += perf_counter() - began


@dataclass(frozen=True, slots=True)
class Judged:
    """Whom a fault is blamed on, by how many entries, and how long that took."""

    fault_id: str
    suspects: tuple[Suspect, ...]
    entries: int
    summing_seconds: float
    ranking_seconds: float


@dataclass(slots=True)
class Day:
    """A day as it goes by: what is usual so far, and the faults that are being judged."""

    faults: list[tuple[str, datetime]]
    usual: Evidence = field(default_factory=Evidence)
    judging: list[tuple[str, datetime, Evidence]] = field(default_factory=list)

    def take_in(self, entries: Sequence[LogEntry]) -> Iterator[Judged]:
        """Take in what came in one second, and judge the faults whose time is over."""
        at = entries[0].occurred_at
        while self.judging and at >= self.judging[0][1] + WITHIN:
            yield self._judge()
        while self.faults and at >= self.faults[0][1]:
            self.usual.settle()
            self.judging.append((*self.faults.pop(0), Evidence()))
        for evidence in [each for _, _, each in self.judging] or [self.usual]:
            evidence.take_in(entries)

    def end(self) -> Iterator[Judged]:
        """Judge what is left."""
        while self.judging:
            yield self._judge()

    def _judge(self) -> Judged:
        fault_id, onset, evidence = self.judging.pop(0)
        evidence.settle()
        began = perf_counter()
        suspects = rank_suspects(self.usual.profile, evidence.profile, (), (), onset)
        took = perf_counter() - began
        return Judged(fault_id, suspects, evidence.entries, evidence.seconds, took)


def judged_day(
    faults: Sequence[tuple[str, datetime]],
    normal: Sequence[LogEntry],
    batches: Iterator[Sequence[LogEntry]],
) -> Iterator[Judged]:
    """Yield what is found of each fault of a day, in the order of their onsets."""
    day = Day(sorted(faults, key=lambda fault: fault[1]))
    day.usual.take_in(normal)
    day.usual.settle()
    for batch in batches:
        yield from day.take_in(batch)
    yield from day.end()


def read_day(path: Path, keep: Keep) -> Iterator[list[LogEntry]]:
    """Yield the entries of a file in order of time, those of one second together."""
    with lzma.open(path) as lines:
        entries = [entry for entry in map(LogEntry.parse, lines) if keep(entry)]
    entries.sort(key=lambda entry: entry.occurred_at)
    for _, together in groupby(entries, key=lambda entry: entry.occurred_at.replace(microsecond=0)):
        yield list(together)


def accuracy(services: Mapping[str, str], ranking: Mapping[str, Sequence[str]]) -> str:
    """Return the share of faults whose service is among the first 1, 3 and 5, in a line."""
    shares = [
        sum([service in ranking.get(fault_id, [])[:rank] for fault_id, service in services.items()])
        / len(services)
        for rank in _RANKS
    ]
    return "  ".join(f"AC@{rank} {share:.3f}" for rank, share in zip(_RANKS, shares, strict=True))


def report(judged: Sequence[Judged]) -> str:
    """Return how long it took to rank, in a line."""
    ranking = [1000 * each.ranking_seconds for each in judged]
    summing = [each.summing_seconds / max(each.entries, 1) for each in judged]
    entries = [each.entries for each in judged]
    return (
        f"ranking: median {median(ranking):.1f} ms, most {max(ranking):.1f} ms, of "
        f"{median(entries):.0f} entries in the median and {max(entries)} at most; "
        f"summing up: {50_000_000 * median(summing):.0f} ms for 50,000 entries"
    )


def judge_days(data: Path, faults: Sequence[Mapping[str, Any]], keep: Keep) -> list[Judged]:
    """Return what is found of all faults."""
    judged: list[Judged] = []
    for date in sorted({fault["date"] for fault in faults}):
        onsets = [
            (fault["fault_id"], datetime.fromisoformat(fault["injected_at"]))
            for fault in faults
            if fault["date"] == date
        ]
        before = data / f"{date}-normal.ndjson.xz"
        normal = [e for batch in read_day(before, keep) for e in batch] if before.exists() else []
        judged += judged_day(onsets, normal, read_day(data / f"{date}.ndjson.xz", keep))
    return judged


def main() -> None:
    """Judge, write the ranking, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rca")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--without", choices=list(KEEP), default="nothing")
    arguments = parser.parse_args()
    faults = json.loads((arguments.data / "faults.json").read_text())
    # The judged must not know the answer.
    asked = [
        {"date": fault["injected_at"][:10]}
        | {key: fault[key] for key in ("fault_id", "date", "injected_at") if key in fault}
        for fault in faults
    ]
    judged = judge_days(arguments.data, asked, KEEP[arguments.without])
    ranking = {each.fault_id: [suspect.service for suspect in each.suspects] for each in judged}
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "ranking.json").write_text(json.dumps(ranking, indent=1))
    print(report(judged))
    services = {f["fault_id"]: f["service"] for f in faults if "service" in f}
    if services:
        print(accuracy(services, ranking))


if __name__ == "__main__":
    main()
