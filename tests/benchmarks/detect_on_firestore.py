"""What a batch of 500 entries costs detect_anomalies on Firestore, and what a tick costs.

    python -m tests.benchmarks.detect_on_firestore [--batches N]

On the emulator, from one process; the emulator has part of the time, so the CPU column is ours
alone. The first lines spread the batches over so many services that the pace of a commit a second
makes nobody wait; the others give every entry to one service, once without any pace and once with
it, from 20 threads. After the first batch of each service its state and its digests are there.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles

from tests.benchmarks.entries import PROJECT, SERVICES, raw_entries
from tests.benchmarks.traffic import FIGURES, Traffic
from tests.contract.set_clock import SetClock
from tests.vigil_in_memory import Bus
from vigil.adapters.firestore_calls import open_channel
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.doors.clock import utc_now
from vigil.local.emulators import firestore_emulator
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Project, Tenant
from vigil.ports import Clock
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.workflows.detect_anomalies import DetectAnomalies
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.service_pace import ONE_A_SECOND, Pace

ENTRIES = 500
# So many platforms of five services are met in turn.
_PLATFORMS = 40
_TICKS = 5
_THREADS = 20


@dataclass
class Installation:
    """detect_anomalies for one tenant of its own in the emulator."""

    address: str
    tenant_id: str
    pace: Pace
    clock: Clock = utc_now
    traffic: Traffic = field(default_factory=Traffic)

    def __post_init__(self) -> None:
        """Make the tenant."""
        channel = self.traffic.on(open_channel(self.address))
        documents = FirestoreDocuments(PROJECT, DECLARED, channel=channel)
        registry = StoredRegistry(documents, self.clock)
        registry.create_tenant(Tenant(self.tenant_id, "Measured", self.clock()))
        registry.give_project(Project(f"{PROJECT}-{self.tenant_id}", self.tenant_id, self.clock()))
        self.detect = DetectAnomalies(
            documents=documents,
            events=EventOutbox(documents=documents, publisher=Bus(), clock=self.clock),
            registry=registry,
            clock=self.clock,
            pace=self.pace,
        )

    def batch(self, number: int, services: Sequence[str]) -> bytes:
        """Return the batch of this number, of the last ten seconds."""
        now = self.clock()
        raws = raw_entries(ENTRIES, now, services=services, seed=f"{self.tenant_id}{number}-")
        entries = tuple(LogEntry.parse(raw, received_at=now) for raw in raws)
        batch_id = f"{self.tenant_id}-{number}"
        return LogBatch(batch_id, self.tenant_id, now, entries, Outcomes()).to_bytes()


@dataclass(frozen=True, slots=True)
class Measured:
    """How long each of some calls took, and what all of them cost this process."""

    milliseconds: list[float]
    cpu_seconds: float

    def line(self, name: str, traffic: Traffic) -> str:
        """Return the row of a Markdown table."""
        times = len(self.milliseconds)
        cuts = quantiles(self.milliseconds * 2, n=20)
        cpu = self.cpu_seconds / times * 1000
        figures = [f"{cuts[9]:.0f}", f"{cuts[18]:.0f}", f"{cpu:.1f}", *traffic.figures(times)]
        return f"| {' | '.join([name, *figures])} |"


def measured(calls: Sequence[Callable[[], object]], *, threads: int = 1) -> Measured:
    """Make the calls, from so many threads at once."""

    def timed(call: Callable[[], object]) -> float:
        started = time.perf_counter()
        call()
        return (time.perf_counter() - started) * 1000

    before = time.process_time()
    if threads == 1:
        milliseconds = [timed(call) for call in calls]
    else:
        with ThreadPoolExecutor(threads) as pool:
            milliseconds = list(pool.map(timed, calls))
    return Measured(milliseconds, time.process_time() - before)


def spread(address: str, batches: int) -> Iterator[str]:
    """Yield the lines of batches whose services are not hot, and of ticks over all of them."""
    vigil = Installation(address, "spread", ONE_A_SECOND)
    platforms = [[f"{name}-{n}" for name in SERVICES] for n in range(_PLATFORMS)]
    for number, services in enumerate(platforms):
        vigil.detect.handle(vigil.batch(number, services))
    yield _of_batches(vigil, "5 services a batch", batches, platforms)
    count = len(platforms) * len(SERVICES)
    vigil.detect.tick(vigil.tenant_id)
    vigil.traffic.figures(1)
    ticks = [lambda: vigil.detect.tick(vigil.tenant_id)] * _TICKS
    yield measured(ticks).line(f"tick over {count} services, nothing to judge", vigil.traffic)


def one_service(address: str, batches: int) -> Iterator[str]:
    """Yield the lines of batches of one service."""
    vigil = Installation(address, "one", Pace())
    yield _of_batches(vigil, "1 service, no pace", batches, [SERVICES[:1]])
    vigil = Installation(address, "paced", ONE_A_SECOND)
    yield _of_batches(
        vigil, f"1 service, paced, {_THREADS} threads", batches, [SERVICES[:1]], threads=_THREADS
    )


def judging(address: str) -> Iterator[str]:
    """Yield the line of ticks that judge a window of every service."""
    clock = SetClock()
    vigil = Installation(address, "judged", Pace(), clock)

    def tick() -> None:
        clock.advance(60)
        vigil.detect.tick(vigil.tenant_id)

    for number in range(_PLATFORMS):
        vigil.detect.handle(vigil.batch(number, [f"{name}-{number}" for name in SERVICES]))
    clock.advance(120)
    vigil.traffic.figures(1)
    count = _PLATFORMS * len(SERVICES)
    yield measured([tick]).line(f"tick that judges {count} services", vigil.traffic)


def _of_batches(
    vigil: Installation,
    name: str,
    batches: int,
    platforms: Sequence[Sequence[str]],
    *,
    threads: int = 1,
) -> str:
    first = 1000
    contents = [
        vigil.batch(first + number, platforms[number % len(platforms)]) for number in range(batches)
    ]
    vigil.traffic.figures(1)
    calls = [lambda content=content: vigil.detect.handle(content) for content in contents]
    return measured(calls, threads=threads).line(name, vigil.traffic)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=100)
    asked = parser.parse_args()
    print(f"| of {ENTRIES} entries | p50 ms | p95 ms | CPU ms | {' | '.join(FIGURES)} |")
    print("|---|" + "---|" * (3 + len(FIGURES)))
    with firestore_emulator() as address:
        for line in spread(address, asked.batches):
            print(line)
        for line in (*judging(address), *one_service(address, asked.batches)):
            print(line)


if __name__ == "__main__":
    main()
