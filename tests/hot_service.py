"""One service that everybody writes to, on Firestore's emulator, and when its documents were."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from tests.builders import log_entry
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.doors.clock import utc_now
from vigil.errors import TransientError
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import DeclaredQuery, Document, Documents, Message, Write
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.usage import outcomes_of, totals
from vigil.workflows.detect_anomalies import DetectAnomalies
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.service_pace import ONE_A_SECOND

SERVICE = "shop-payment"
TENANT = "acme"
# How often a batch comes again before a test gives up on it.
_DELIVERIES = 5


@dataclass
class Recorder:
    """When each document was written, and what was published when, by the seconds of one clock."""

    written: dict[str, list[float]] = field(default_factory=dict)
    published: list[tuple[float, Message]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, paths: Sequence[str], at: float) -> None:
        """Record a commit that was made, sent at an instant."""
        with self._lock:
            for path in paths:
                self.written.setdefault(path, []).append(at)

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Take messages, as a Publisher."""
        with self._lock:
            self.published += [(time.monotonic(), message) for message in messages]

    def shared(self) -> Mapping[str, list[float]]:
        """Return when documents were written that several batches write."""
        return {path: at for path, at in self.written.items() if "/deltas/" not in path}

    def too_often(self) -> Mapping[str, list[float]]:
        """Return the documents that were written more than once a second, and when.

        A delta is one batch's own: it is left and removed, once for each time it is delivered.
        """
        own = {path: at for path, at in self.written.items() if "/deltas/" in path and len(at) > 4}
        shared = self.shared().items()
        return own | {path: at for path, at in shared if len(at) - 1 > max(at) - min(at)}


class RecordedDocuments:
    """Documents that record each commit that was made."""

    def __init__(self, inner: Documents, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        return self._inner.get(paths)

    def commit(self, writes: Sequence[Write]) -> None:
        at = time.monotonic()
        self._inner.commit(writes)
        self._recorder.write([write.path for write in writes], at)

    def query(
        self,
        query: DeclaredQuery,
        *,
        parent: str = "",
        equal: Mapping[str, object] | None = None,
        bound: object = None,
        limit: int | None = None,
    ) -> list[Document]:
        return self._inner.query(query, parent=parent, equal=equal, bound=bound, limit=limit)


class HotService:
    """Some instances of detect_anomalies, each with threads and a connection of its own."""

    def __init__(self, address: str, project: str, *, instances: int, threads: int) -> None:
        self.recorder = Recorder()
        self._open = ExitStack()
        self._documents = [self._connection(address, project) for _ in range(instances)]
        StoredRegistry(self._documents[0], utc_now).create_tenant(Tenant(TENANT, "Acme", utc_now()))
        self.instances = [self._instance(documents) for documents in self._documents]
        self._pools = [
            self._open.enter_context(ThreadPoolExecutor(threads)) for _ in range(instances)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def deliver(self, batches: Sequence[bytes], *, a_second: float) -> Callable[[], None]:
        """Give the batches to the instances in turn, so many a second.

        Returns what waits until all of them are acknowledged.
        """
        started = time.monotonic()
        under_way: list[Future[None]] = []
        for number, batch in enumerate(batches):
            time.sleep(max(0.0, started + number / a_second - time.monotonic()))
            instance = number % len(self.instances)
            under_way.append(
                self._pools[instance].submit(_until_done, self.instances[instance], batch)
            )

        def wait() -> None:
            for each in under_way:
                each.result()

        return wait

    def outcomes(self) -> Outcomes:
        """Return what became of all entries."""
        return outcomes_of(totals(self._documents[0], f"tenants/{TENANT}"))

    def _connection(self, address: str, project: str) -> FirestoreDocuments:
        documents = FirestoreDocuments(project, DECLARED, emulator_host=address)
        self._open.callback(documents.close)
        return documents

    def _instance(self, inner: Documents) -> DetectAnomalies:
        documents = RecordedDocuments(inner, self.recorder)
        return DetectAnomalies(
            documents=documents,
            events=EventOutbox(documents=documents, publisher=self.recorder, clock=utc_now),
            registry=StoredRegistry(documents, utc_now),
            clock=utc_now,
            pace=ONE_A_SECOND,
        )


def payments(first: int, count: int, at: datetime, *, failed: bool = False) -> list[LogEntry]:
    """Return the payments of these numbers, in the ten seconds that begin at an instant."""
    return [
        log_entry(
            digest=f"{number:016x}",
            service=SERVICE,
            occurred_at=at + timedelta(milliseconds=number % 10_000),
            received_at=at + timedelta(seconds=10),
            severity=LogSeverity.ERROR if failed else LogSeverity.INFO,
            status=500 if failed else 200,
            failed=failed,
        )
        for number in range(first, first + count)
    ]


def batch_of(name: str, entries: Sequence[LogEntry], at: datetime) -> bytes:
    """Return a batch as batch_logs publishes it."""
    return LogBatch(name, TENANT, at, tuple(entries), Outcomes()).to_bytes()


def _until_done(instance: DetectAnomalies, batch: bytes) -> None:
    """Deliver a batch as Pub/Sub does: again, while it is not acknowledged."""
    for _ in range(_DELIVERIES - 1):
        try:
            return instance.handle(batch)
        except TransientError:
            continue
    return instance.handle(batch)
