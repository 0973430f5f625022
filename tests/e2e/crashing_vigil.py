"""A Vigil on files that kills itself at one point, to be run in a process of its own."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.builders import NOON
from tests.vigil_in_memory import ACME, PROJECT, WatchedDocuments
from vigil.adapters.delivery import Delivery
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.doors.assembly import Parts
from vigil.incidents import analyst
from vigil.local.runtime import (
    ANALYZE,
    MANAGE,
    SUBSCRIPTIONS,
    LocalParts,
    Runtime,
)
from vigil.logs.push_message import PushMessage
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import AlertMessage
from vigil.model.tenant import Project
from vigil.ports import Message, Write
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.workflows.batch_logs import Limits
from vigil.workflows.dead_letters import BATCH_LOGS, DETECT

STARTS_AT = NOON + timedelta(seconds=50)
# By then the incident has opened and, a quarter of an hour later, ended, after two crashes as well.
ENDS_AT = NOON + timedelta(minutes=40)
_BUSY_UNTIL = NOON + timedelta(minutes=8)


class FileClock:
    """A Clock whose time outlives its process."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.now = STARTS_AT
        if self._file.exists():
            self.now = datetime.fromisoformat(self._file.read_text())

    def __call__(self) -> datetime:
        return self.now

    def go_on(self) -> None:
        self.now += timedelta(seconds=20 if self.now < _BUSY_UNTIL else 60)
        self._file.write_text(self.now.isoformat())


@dataclass(frozen=True)
class Crash:
    """Kills this process when it comes to a point."""

    point: str

    def at(self, point: str) -> None:
        if point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingQueue(SqliteQueue):
    """A queue that may kill its process around what it is asked."""

    def __init__(self, folder: Path, clock: FileClock, crash: Crash) -> None:
        super().__init__(folder / "queue.db", SUBSCRIPTIONS, clock)
        self._crash = crash

    def pull(self, subscription: str, limit: int) -> list[Delivery]:
        deliveries = super().pull(subscription, limit)
        if deliveries:
            self._crash.at(f"after pull {subscription}")
        return deliveries

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        self._crash.at(f"before publish {topic}")
        super().publish(topic, messages)
        self._crash.at(f"after publish {topic}")


class FileNotifier:
    """Writes what it sends, and when, into a file: a receiver that outlives the sender."""

    kind = ChannelKind.TERMINAL

    def __init__(self, folder: Path, clock: FileClock, crash: Crash) -> None:
        self._file = folder / "received"
        self._clock = clock
        self._crash = crash

    def send(self, message: AlertMessage, channel: Channel) -> None:
        self._crash.at("before send")
        with self._file.open("a") as file:
            file.write(f"{message.transition.value} {message.key} {self._clock().isoformat()}\n")
        self._crash.at("after send")


@contextmanager
def _documents(folder: Path, crash: Crash) -> Iterator[WatchedDocuments]:
    """Open the documents; the process may be killed before, in and after a commit."""
    with closing(SqliteDocuments(folder / "vigil.db", DECLARED)) as inner:
        watched = WatchedDocuments(inner)
        connection = inner._file._connection

        def before(writes: Sequence[Write]) -> None:
            for name in _collections(writes):
                crash.at(f"before commit {name}")
                if crash.point == f"during commit {name}":
                    # All is written by then, and nothing is committed.
                    connection.set_trace_callback(
                        lambda sql: crash.at(crash.point) if sql == "COMMIT" else None
                    )

        def after(writes: Sequence[Write]) -> None:
            for name in _collections(writes):
                crash.at(f"after commit {name}")

        watched.before, watched.after = before, after
        yield watched


def _collections(writes: Sequence[Write]) -> set[str]:
    return {write.path.split("/")[-2] for write in writes}


def settle(folder: Path) -> None:
    """Make the tenant and give it its project."""
    with closing(SqliteDocuments(folder / "vigil.db", DECLARED)) as documents:
        registry = StoredRegistry(documents, FileClock(folder))
        registry.create_tenant(ACME)
        registry.give_project(Project(PROJECT, ACME.tenant_id, NOON))


def run(folder: Path, point: str) -> None:
    """Work until all is quiet, or until `point` is reached."""
    crash, clock = Crash(point), FileClock(folder)
    with (
        _documents(folder, crash) as documents,
        closing(CrashingQueue(folder, clock, crash)) as queue,
    ):
        registry = StoredRegistry(documents, clock)
        parts = Parts(
            documents=documents,
            publisher=queue,
            registry=registry,
            clock=clock,
            analyst=analyst,
            notifiers=(FileNotifier(folder, clock, crash),),
            public_url="https://vigil.example",
            is_own=lambda entry: False,
            limits=Limits(max_entries=15, linger=timedelta(0)),
        )
        runtime = Runtime(LocalParts(parts, queue, registry))
        while clock.now < ENDS_AT:
            _deliver(runtime, queue)
            runtime.tick()
            runtime.workflows.manage_alerts.deliver()
            clock.go_on()


def _deliver(runtime: Runtime, queue: SqliteQueue) -> None:
    """Deliver what is due, as the runtime does, but in one thread and without waiting."""
    workflows = runtime.workflows
    if raw := queue.pull(BATCH_LOGS, 100):
        asyncio.run(_take(runtime, raw))
        queue.ack(BATCH_LOGS, [delivery.ack_id for delivery in raw])
    for delivery in queue.pull(DETECT, 100):
        workflows.detect_anomalies.handle(delivery.message.data)
        queue.ack(DETECT, [delivery.ack_id])
    for delivery in queue.pull(ANALYZE, 100):
        workflows.analyze_incidents.handle(delivery.message.attributes, delivery.message.data)
        queue.ack(ANALYZE, [delivery.ack_id])
    for delivery in queue.pull(MANAGE, 100):
        workflows.manage_alerts.handle(delivery.message.attributes, delivery.message.data)
        queue.ack(MANAGE, [delivery.ack_id])


async def _take(runtime: Runtime, raw: Sequence[Delivery]) -> None:
    pushes = [
        PushMessage(d.message.data, d.message.attributes, d.message_id, d.published_at, d.attempt)
        for d in raw
    ]
    await asyncio.gather(*(runtime.group_commit.take(push) for push in pushes))
