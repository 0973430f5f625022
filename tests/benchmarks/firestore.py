"""How fast documents are read and written, beside Google's own client, on the emulator.

    python -m tests.benchmarks.firestore [--seconds N]

Both clients do the same in turns, in the same run. What is counted is calls or documents a second,
and microseconds of this process's CPU for each: on two cores the emulator takes most of the time,
and what we pay in production is the CPU.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from google.cloud import firestore
from google.oauth2.credentials import Credentials

from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.local.emulators import firestore_emulator
from vigil.ports import DeclaredQuery, Put

PROJECT = "benchmark"
COLLECTION = "tenants/acme/anomalies"
NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
BATCH = 100
NEWEST = DeclaredQuery("newest", "anomalies", order_by="detected_at", descending=True)
# As large as an anomaly, and of the same kinds of values.
FIELDS: dict[str, object] = {
    **{f"text_{number}": "a text of some thirty characters" for number in range(12)},
    "confidence": 0.95,
    "count": 17,
    "metrics": {"error_rate": 0.95, "requests": 40.0, "usual": 0.01},
    "evidence": [{"template": "refused <*>", "exemplar": "refused 7", "count": 38}] * 3,
    "trace_ids": ["4bf92f3577b34da6a3ce929d0e0e4736"] * 4,
}


@dataclass(frozen=True, slots=True)
class Work:
    """What both clients do with the documents of a number, and how many documents that are."""

    name: str
    documents: int
    ours: Callable[[int], object]
    theirs: Callable[[int], object]


def path(number: int) -> str:
    return f"{COLLECTION}/d{number % 1_000}"


def fields(number: int) -> dict[str, object]:
    return {**FIELDS, "detected_at": NOON + timedelta(seconds=number % 1_000)}


def numbers(batch: int) -> range:
    return range(batch * BATCH, (batch + 1) * BATCH)


def works(documents: FirestoreDocuments, client: firestore.Client) -> Iterator[Work]:
    """Yield what is measured; what is read was written by what comes before."""
    ours, theirs = Ours(documents), Theirs(client)
    yield Work(f"commit of {BATCH}", BATCH, ours.commit_batch, theirs.commit_batch)
    yield Work("commit of one", 1, ours.commit, theirs.commit)
    yield Work("get of one", 1, ours.get, theirs.get)
    yield Work(f"get of {BATCH}", BATCH, ours.get_batch, theirs.get_batch)
    yield Work(f"query of {BATCH}", BATCH, ours.query, theirs.query)


class Ours:
    """What is measured, by our adapter."""

    def __init__(self, documents: FirestoreDocuments) -> None:
        self.documents = documents

    def commit_batch(self, number: int) -> None:
        self.documents.commit([Put(path(each), fields(each)) for each in numbers(number)])

    def commit(self, number: int) -> None:
        self.documents.commit([Put(path(number), fields(number))])

    def get(self, number: int) -> object:
        return self.documents.get([path(number)])

    def get_batch(self, number: int) -> object:
        return self.documents.get([path(each) for each in numbers(number)])

    def query(self, _number: int) -> object:
        return self.documents.query(NEWEST, parent="tenants/acme", limit=BATCH)


class Theirs:
    """The same by Google's client, down to the fields as a dict."""

    def __init__(self, client: firestore.Client) -> None:
        self.client = client

    def commit_batch(self, number: int) -> None:
        batch = self.client.batch()
        for each in numbers(number):
            batch.set(self.client.document(path(each)), fields(each))
        batch.commit()

    def commit(self, number: int) -> None:
        self.client.document(path(number)).set(fields(number))

    def get(self, number: int) -> object:
        return self.client.document(path(number)).get().to_dict()

    def get_batch(self, number: int) -> object:
        references = [self.client.document(path(each)) for each in numbers(number)]
        return [each.to_dict() for each in self.client.get_all(references)]

    def query(self, _number: int) -> object:
        newest = self.client.collection(COLLECTION).order_by("detected_at", direction="DESCENDING")
        return [each.to_dict() for each in newest.limit(BATCH).stream()]


def measured(work: Callable[[int], object], documents: int, seconds: float) -> tuple[float, float]:
    """Return documents a second, and microseconds of our CPU for each."""
    batches = count()
    for _ in range(3):
        work(next(batches))
    begun, begun_cpu, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < seconds:
        work(next(batches))
        done += documents
    elapsed, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    return done / elapsed, cpu / done * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each cell of the table")
    seconds = parser.parse_args().seconds
    print(f"{'documents':14} {'ours/s':>8} {'CPU us':>7} {'client/s':>9} {'CPU us':>7} {'CPU':>6}")
    with firestore_emulator() as address:
        os.environ["FIRESTORE_EMULATOR_HOST"] = address
        client = firestore.Client(PROJECT, Credentials("nobody"))  # type: ignore[no-untyped-call]  # it has no types
        ours = FirestoreDocuments(PROJECT, [NEWEST], emulator_host=address)
        with closing(ours), closing(client):
            for work in works(ours, client):
                # An emulator that has just started compiles what it is asked first.
                measured(work.theirs, work.documents, seconds / 2)
                rate, cpu = measured(work.ours, work.documents, seconds)
                their_rate, their_cpu = measured(work.theirs, work.documents, seconds)
                print(
                    f"{work.name:14} {rate:8,.0f} {cpu:7,.0f} {their_rate:9,.0f} {their_cpu:7,.0f}"
                    f" {their_cpu / cpu:5.1f}x"
                )


if __name__ == "__main__":
    main()
