"""Whether random faults of the sample shop become one incident each, with the right root cause.

    python -m tests.benchmarks.cascades --out DIR [--runs 20] [--seed N]

Each run is a shop of its own, deterministic by the seed: the sample shop's code in simulated time,
with customers who come by chance, watched by a whole installation in memory, with a tick a minute.
Half an hour is learned, then something is broken for five to twelve minutes, and five minutes more
are watched. A fault is a delay of 0.2 to 30 seconds (callers wait for 10), or that 10 to 100 % of
requests fail, or both; small ones are as likely as large ones, and of the failures a quarter are
total.

First one fault a run, anywhere in the shop: the run is right if there is exactly one incident in
all of it and its root cause is what was broken. Then two faults a run, in parts of the shop that do
not call each other, which begin within the same minute: the run is right if there are exactly two
incidents, and their root causes are what was broken. Last, what is less clear: both callees of one
caller are broken at once; it is told and nothing is asked of it.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tests.broken_shop import Aftermath, Breakage, run_shop

LEARNS = timedelta(minutes=30)
_ONSET = timedelta(seconds=60)
_AFTERWARDS = timedelta(minutes=5)
_TOTAL = 0.25
# Parts of the shop that do not call each other, and no other calls both.
PARTS = (("checkout", "payment", "inventory"), ("search", "catalog"), ("health",))
_SIBLINGS = ("payment", "inventory")


def one_fault(chance: random.Random) -> list[Breakage]:
    """Return one fault anywhere."""
    return [_fault(chance, chance.choice([place for part in PARTS for place in part]))]


def two_faults(chance: random.Random) -> list[Breakage]:
    """Return two faults in different parts."""
    return [_fault(chance, chance.choice(part)) for part in chance.sample(PARTS, 2)]


def siblings(chance: random.Random) -> list[Breakage]:
    """Return faults of both callees of the checkout."""
    return [_fault(chance, place) for place in _SIBLINGS]


KINDS: dict[str, Callable[[random.Random], list[Breakage]]] = {
    "one fault": one_fault,
    "two independent faults": two_faults,
    "both callees of one caller": siblings,
}


def _fault(chance: random.Random, place: str) -> Breakage:
    kind = chance.choice(("delay", "errors", "both"))
    delay, error_rate = _between(chance, 0.2, 30.0), _between(chance, 0.1, 1.0)
    if chance.random() < _TOTAL:
        error_rate = 1.0
    return Breakage(
        place,
        begins=LEARNS + _ONSET * chance.random(),
        lasts=timedelta(minutes=chance.uniform(5, 12)),
        delay=timedelta(seconds=0 if kind == "errors" else delay),
        error_rate=0.0 if kind == "delay" else error_rate,
    )


def _between(chance: random.Random, least: float, most: float) -> float:
    """Return a number of which each factor is as likely as another."""
    return least * math.exp(chance.uniform(0, math.log(most / least)))


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was broken, and what came of it."""

    number: int
    breakages: Sequence[Breakage]
    aftermath: Aftermath

    @property
    def right_number(self) -> bool:
        """Whether there are as many incidents as faults."""
        return len(self.aftermath.incidents) == len(self.breakages)

    @property
    def right_roots(self) -> bool:
        """Whether the root causes are what was broken, each once."""
        return sorted(self.aftermath.roots) == sorted([each.series for each in self.breakages])

    @property
    def right_suspects(self) -> bool:
        """Whether the first suspect of each incident, if it has any, is what broke it."""
        broken = {each.series.service for each in self.breakages}
        first = {
            i.root_cause.service: i.suspects[0].service
            for i in self.aftermath.incidents
            if i.suspects
        }
        return all(root == suspect and suspect in broken for root, suspect in first.items())

    @property
    def seconds_to_page(self) -> list[float]:
        """How long after the first onset each page came."""
        onset = min(each.at for each in self.breakages)
        return [(page.at - onset).total_seconds() for page in self.aftermath.pages]

    @property
    def right_pages(self) -> bool:
        """Whether the root causes that people were told of first are what was broken, each once."""
        blamed = [
            page.title.partition(" in ")[2].partition(",")[0] for page in self.aftermath.pages
        ]
        return sorted(blamed) == sorted([str(each.series) for each in self.breakages])

    @property
    def is_right(self) -> bool:
        """Whether all of it is."""
        roots = self.right_roots and self.right_suspects
        return self.right_number and roots and self.right_pages

    def line(self) -> str:
        """Return the run as a row of a table."""
        columns = (
            f"{self.number}",
            "; ".join(map(str, self.breakages)),
            f"{len(self.aftermath.incidents)}",
            "; ".join(map(str, self.aftermath.roots)),
            f"{len(self.aftermath.pages)}",
            ", ".join(f"{seconds:.0f}" for seconds in self.seconds_to_page),
            "" if self.is_right else "differs",
        )
        return f"| {' | '.join(columns)} |"

    def as_plain(self) -> dict[str, Any]:
        """Return the run as JSON takes it."""
        return {
            "run": self.number,
            "faults": [str(each) for each in self.breakages],
            "began_at": [each.at.isoformat() for each in self.breakages],
            "roots_wanted": [str(each.series) for each in self.breakages],
            "incidents": [
                {
                    "id": incident.incident_id,
                    "title": incident.title,
                    "root": str(root),
                    "reason": incident.root_cause.reason,
                    "confidence": incident.root_cause.confidence,
                    "suspects": [str(each) for each in incident.suspects],
                    "affected": [str(series) for series in incident.affected],
                }
                for incident, root in zip(
                    self.aftermath.incidents, self.aftermath.roots, strict=True
                )
            ],
            "anomalies": [
                {
                    "series": f"{anomaly.service} {anomaly.endpoint}",
                    "type": anomaly.anomaly_type.value,
                    "started_at": anomaly.started_at.isoformat(),
                    "detected_at": anomaly.detected_at.isoformat(),
                    "callers": [str(series) for series in anomaly.callers],
                    "incident": anomaly.incident_id,
                    "description": anomaly.description,
                }
                for anomaly in self.aftermath.anomalies
            ],
            "pages": [
                {"seconds": seconds, "title": page.title}
                for seconds, page in zip(self.seconds_to_page, self.aftermath.pages, strict=True)
            ],
        }


def runs(kind: str, count: int, seed: int) -> Iterator[Run]:
    """Yield so many runs of a kind."""
    for number in range(1, count + 1):
        chance = random.Random(f"{kind} {seed} {number}")
        breakages = KINDS[kind](chance)
        lasts = max(each.begins + each.lasts for each in breakages) + _AFTERWARDS
        yield Run(number, breakages, run_shop(breakages, lasts=lasts, seed=chance.getrandbits(32)))


def summary(done: Sequence[Run]) -> str:
    """Return what runs of a kind come to."""
    right = [run for run in done if run.right_number]
    roots = [run for run in done if run.right_roots]
    suspects = [run for run in done if run.right_suspects]
    told = [run for run in done if run.right_pages]
    pages = [seconds for run in done for seconds in run.seconds_to_page[:1]]
    return (
        f"{len(right)} of {len(done)} with as many incidents as faults, "
        f"{len(roots)} with the right root causes, {len(suspects)} with no wrong first suspect, "
        f"{len(told)} with them in the pages; "
        f"{sum(len(run.aftermath.pages) for run in done)} pages, the first of a run "
        f"{f'{median(pages):.0f} s' if pages else 'never'} after the onset (median)"
    )


def main() -> None:
    """Print the table of each kind, and write the runs to DIR."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    plain: dict[str, Any] = {}
    for kind in asked.kind or KINDS:
        began = time.perf_counter()
        print(f"{kind}\n\n| run | faults | incidents | roots | pages | seconds to page | |")
        print("|---|---|---|---|---|---|---|")
        done: list[Run] = []
        for run in runs(kind, asked.runs, asked.seed):
            done.append(run)
            print(run.line(), flush=True)
        print(f"\n{summary(done)} ({time.perf_counter() - began:.0f} s)\n", flush=True)
        plain[kind] = {"summary": summary(done), "runs": [run.as_plain() for run in done]}
    (asked.out / "cascades.json").write_text(json.dumps(plain, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
