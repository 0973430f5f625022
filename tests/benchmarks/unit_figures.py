"""What the cost model counts with: bytes, documents and CPU for each thing that is done once.

    python -m tests.benchmarks.unit_figures [--batches N]

A part is one service's share of one batch: detect_anomalies reads and writes by parts, not by
entries. All on Firestore's emulator, from one process. Reads, writes and deletes are as Firestore
bills them, and exact; times are those of this machine, and only their ratios say something.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from tests.benchmarks.detect_on_firestore import Installation
from tests.benchmarks.entries import PROJECT, SERVICES, raw_entries
from tests.benchmarks.traffic import FIGURES, Traffic
from tests.contract.set_clock import SetClock
from tests.vigil_in_memory import Bus
from vigil.adapters.firestore_calls import open_channel
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.doors.assembly import Parts, assemble
from vigil.incidents import analyst
from vigil.local.emulators import firestore_emulator
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.stores.queries import DECLARED
from vigil.stores.queries import SERVICES as STATES
from vigil.stores.registry import StoredRegistry
from vigil.workflows.batch_logs import Limits
from vigil.workflows.heartbeats import Heartbeats
from vigil.workflows.service_pace import ONE_A_SECOND, Pace
from vigil.workflows.ticks import Ticks

_COLUMNS = " | ".join(FIGURES)
_THREADS = 20
_SIZES = (1, 10, 100, 500)
_RATES = (1, 2, 10, 50)
_SECONDS = 10
_MINUTES = 120
# An instance of batch_logs waits for a quarter of a second, so its batches span no more than that.
_BRIEF = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True)
class Shape:
    """Batches of so many services, with so many entries of each."""

    services: int
    entries: int

    @property
    def name(self) -> str:
        """How the table names it."""
        return f"{self.services} services, {self.entries} entries of each"


_SHAPES = (Shape(1, 1), Shape(1, 10), Shape(1, 100), Shape(5, 1), Shape(5, 10), Shape(5, 100))


def messages(now: datetime) -> Iterator[str]:
    """Yield how large the messages are, with so many entries in each."""
    raws = raw_entries(max(_SIZES), now)
    entries = [LogEntry.parse(raw, received_at=now) for raw in raws]
    yield f"| raw entry | 1 | {sum(map(len, raws)) / len(raws):.0f} |"
    for size in _SIZES:
        batch = LogBatch("v1-" + "0" * 32, "acme", now, tuple(entries[:size]), Outcomes())
        yield f"| batch | {size} | {len(batch.to_bytes()):.0f} |"


def brief_batch(vigil: Installation, number: int, shape: Shape, names: Sequence[str]) -> bytes:
    """Return a batch whose entries happened within the linger of batch_logs."""
    now = vigil.clock()
    count = shape.services * shape.entries
    raws = raw_entries(count, now, services=names, seed=f"{vigil.tenant_id}{number}-")
    parsed = [LogEntry.parse(raw, received_at=now) for raw in raws]
    step = _BRIEF / count
    entries = [replace(entry, occurred_at=now - step * place) for place, entry in enumerate(parsed)]
    batch_id = f"{vigil.tenant_id}-{number}"
    return LogBatch(batch_id, vigil.tenant_id, now, tuple(entries), Outcomes()).to_bytes()


def cold(address: str, batches: int) -> Iterator[str]:
    """Yield what a part costs whose service was not written within the last second."""
    for number, shape in enumerate(_SHAPES):
        yield _cold(Installation(address, f"cold{number}", Pace()), shape, batches)


def _cold(vigil: Installation, shape: Shape, batches: int) -> str:
    names = [f"{SERVICES[n % 5]}-{n}" for n in range(shape.services)]
    contents = [brief_batch(vigil, number, shape, names) for number in range(batches)]
    vigil.detect.handle(contents[0])
    vigil.traffic.figures(1)
    calls = [partial(vigil.detect.handle, content) for content in contents[1:]]
    return _row(shape.name, calls, vigil.traffic, shape.services)


def _row(name: str, calls: Sequence[Callable[[], object]], traffic: Traffic, parts: int) -> str:
    """Make the calls and return the row: each has so many parts, and figures are for one part."""
    before, milliseconds = time.process_time(), []
    for call in calls:
        started = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - started) * 1000)
    cpu = (time.process_time() - before) * 1000 / len(calls)
    figures = [f"{median(milliseconds):.0f}", f"{cpu / parts:.1f}"]
    return f"| {' | '.join([name, *figures, *traffic.figures(len(calls) * parts)])} |"


def hot(address: str, a_second: float, seconds: int) -> str:
    """Return what a part costs when so many a second come for one service."""
    vigil = Installation(address, f"hot{a_second:.0f}", ONE_A_SECOND)
    count = int(a_second * seconds)
    waits: list[float] = []

    def deliver(number: int) -> None:
        content = brief_batch(vigil, number, Shape(1, 10), SERVICES[:1])
        started = time.perf_counter()
        vigil.detect.handle(content)
        waits.append(time.perf_counter() - started)

    deliver(-1)
    vigil.traffic.figures(1)
    waits.clear()
    before, started = time.process_time(), time.monotonic()
    with ThreadPoolExecutor(max(_THREADS, int(a_second * 3))) as pool:
        for number in range(count):
            time.sleep(max(0.0, started + number / a_second - time.monotonic()))
            pool.submit(deliver, number)
    cpu = (time.process_time() - before) * 1000 / count
    assert len(waits) == count
    mean = sum(waits) / count * 1000
    figures = [f"{mean:.0f}", f"{cpu:.1f}", *vigil.traffic.figures(count)]
    return f"| {' | '.join([f'{a_second:.0f} parts a second of one service', *figures])} |"


def ticks(address: str) -> Iterator[str]:
    """Yield what a minute costs a tenant that has ten services and in which nothing happens."""
    clock = SetClock()
    vigil = Installation(address, "ticked", Pace(), clock)
    documents = FirestoreDocuments(
        PROJECT, DECLARED, channel=vigil.traffic.on(open_channel(address))
    )
    registry = StoredRegistry(documents, clock)
    bus = Bus()
    workflows = assemble(_parts(documents, registry, bus, clock))
    beats = Heartbeats(documents=documents, publisher=bus, clock=clock)
    vigil.detect.handle(vigil.batch(0, [f"{name}-{n}" for name in SERVICES for n in range(2)]))
    clock.advance(3600)
    vigil.detect.tick(vigil.tenant_id)
    ticks = Ticks(
        tenants=lambda: [_tenant(registry, vigil.tenant_id)],
        detect=workflows.detect_anomalies,
        manage=workflows.manage_alerts,
    )

    def in_a_minute(work: Callable[[], object]) -> Callable[[], object]:
        def do() -> None:
            clock.advance(60)
            work()

        return do

    def beat() -> None:
        beats.beat()
        beats.arrive(bus.published[-1][1].attributes)

    ticks.correlate()
    vigil.traffic.figures(1)
    for name, work in (
        ("detect_anomalies, of one tenant with 10 services", ticks.judge),
        ("manage_alerts, of one tenant", ticks.correlate),
        ("manage_alerts, of all tenants together", workflows.manage_alerts.deliver),
        ("heartbeat, there and back", beat),
    ):
        yield _row(name, [in_a_minute(work)] * 5, vigil.traffic, 1)


def _tenant(registry: StoredRegistry, tenant_id: str) -> Tenant:
    tenant = registry.tenant(tenant_id)
    assert tenant is not None
    return tenant


def _parts(
    documents: FirestoreDocuments, registry: StoredRegistry, bus: Bus, clock: SetClock
) -> Parts:
    return Parts(
        documents=documents,
        publisher=bus,
        registry=registry,
        clock=clock,
        analyst=analyst,
        notifiers=(),
        public_url="https://vigil.example",
        is_own=lambda entry: False,
        limits=Limits(),
    )


def states(address: str) -> Iterator[str]:
    """Yield how large the state of a service is, after some hours of 500 entries a minute.

    It is larger while a window is open; at a tick the window becomes a few numbers.
    """
    clock = SetClock()
    vigil = Installation(address, "kept", Pace(), clock)
    documents = FirestoreDocuments(PROJECT, DECLARED, emulator_host=address)

    def row(name: str) -> str:
        found = documents.query(STATES, parent=f"tenants/{vigil.tenant_id}")
        sizes = [len(state) for each in found if isinstance(state := each.fields["state"], bytes)]
        return f"| {name} | {len(sizes)} | {median(sizes):.0f} |"

    for minute in range(1, _MINUTES + 1):
        vigil.detect.handle(vigil.batch(minute, SERVICES))
        if minute == _MINUTES:
            yield row(f"in minute {minute}")
        clock.advance(60)
        vigil.detect.tick(vigil.tenant_id)
    yield row("after its tick")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=40)
    asked = parser.parse_args()
    print("| message | entries | bytes |\n|---|---|---|")
    for line in messages(SetClock()()):
        print(line)
    with firestore_emulator() as address:
        print(f"\n| of one part | p50 ms a batch | CPU ms | {_COLUMNS} |")
        print("|---|" + "---|" * (2 + len(FIGURES)))
        for line in cold(address, asked.batches):
            print(line)
        print(f"\n| of one part | mean ms | CPU ms | {_COLUMNS} |")
        print("|---|" + "---|" * (2 + len(FIGURES)))
        for a_second in _RATES:
            print(hot(address, a_second, _SECONDS))
        print(f"\n| each minute | p50 ms | CPU ms | {_COLUMNS} |")
        print("|---|" + "---|" * (2 + len(FIGURES)))
        for line in ticks(address):
            print(line)
        print("\n| state of a service | services | bytes |\n|---|---|---|")
        for line in states(address):
            print(line)


if __name__ == "__main__":
    main()
