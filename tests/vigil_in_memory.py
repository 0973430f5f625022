"""An installation in memory: all workflows over real stores; time, bus and receivers are ours."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from tests.builders import NOON, raw_entry
from tests.contract.set_clock import SetClock
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.doors.assembly import Parts, Workflows, assemble
from vigil.errors import TransientError
from vigil.incidents import analyst as heuristic
from vigil.model.anomaly import Anomaly
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import AlertMessage
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Project, Tenant
from vigil.ports import Analyst, DeclaredQuery, Document, Documents, Message, Publisher, Write
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore, judge_until
from vigil.stores.usage import PLATFORM, outcomes_of, totals
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.batch_logs import Limits
from vigil.workflows.dead_letters import DETECT
from vigil.workflows.events import TOPIC as EVENTS
from vigil.workflows.service_pace import Pace

PAGER = Channel("pager", ChannelKind.TERMINAL)
ACME = Tenant("acme", "Acme", NOON, channels=(PAGER,))
PROJECT = "shop"
# How often a message is tried before it is given up.
_ATTEMPTS = 3
Door = Callable[[Message], None]


def payments(
    count: int, *, at: datetime = NOON, status: int = 200, name: str = "p"
) -> list[dict[str, object]]:
    """Return `count` payments of the service cart within the 50 seconds that follow `at`."""
    return [
        raw_entry(
            insertId=f"{name}{number}",
            timestamp=(at + timedelta(seconds=50 * number / count)).isoformat(),
            receiveTimestamp=(at + timedelta(seconds=50)).isoformat(),
            severity="ERROR" if status >= 500 else "INFO",
            httpRequest={"requestMethod": "POST", "requestUrl": "/pay", "status": status},
        )
        for number in range(count)
    ]


@dataclass
class Bus:
    """A Publisher that keeps what is published until it is delivered; it can be out of order.

    What it takes goes to another one `beyond` it first, if there is one.
    """

    published: list[tuple[str, Message]] = field(default_factory=list)
    waiting: deque[tuple[str, Message]] = field(default_factory=deque)
    is_down: bool = False
    beyond: Publisher | None = None

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        if self.is_down:
            raise TransientError("the bus is down")
        if self.beyond:
            self.beyond.publish(topic, messages)
        self.published += [(topic, message) for message in messages]
        self.waiting.extend((topic, message) for message in messages)

    def of_type(self, event_type: str) -> list[Message]:
        return [m for _, m in self.published if m.attributes["event_type"] == event_type]


@dataclass
class RecordingNotifier:
    """A Notifier that keeps what it sent to which channel; a channel in `trouble` raises it."""

    kind: ChannelKind = ChannelKind.TERMINAL
    sent: list[tuple[str, AlertMessage]] = field(default_factory=list)
    trouble: dict[str, Exception] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None

    def send(self, message: AlertMessage, channel: Channel) -> None:
        self.before()
        if channel.channel_id in self.trouble:
            raise self.trouble[channel.channel_id]
        self.sent.append((channel.channel_id, message))

    def told(self) -> list[tuple[str, str]]:
        """Return which channel was told of which transition, in order."""
        return [(channel, message.transition.value) for channel, message in self.sent]


class WatchedDocuments:
    """Documents that keep what was committed; what goes wrong around a commit is the test's."""

    def __init__(self, inner: Documents) -> None:
        self.inner = inner
        self.commits: list[list[Write]] = []
        self.before: Callable[[Sequence[Write]], None] = lambda writes: None
        self.after: Callable[[Sequence[Write]], None] = lambda writes: None

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        return self.inner.get(paths)

    def commit(self, writes: Sequence[Write]) -> None:
        self.before(writes)
        self.inner.commit(writes)
        self.commits.append(list(writes))
        self.after(writes)

    def query(
        self,
        query: DeclaredQuery,
        *,
        parent: str = "",
        equal: Mapping[str, object] | None = None,
        bound: object = None,
        limit: int | None = None,
    ) -> list[Document]:
        return self.inner.query(query, parent=parent, equal=equal, bound=bound, limit=limit)

    def paths(self, collection: str) -> list[list[str]]:
        """Return for each commit the paths that it wrote in a collection."""
        marked = f"/{collection}/"
        return [[write.path for write in commit if marked in write.path] for commit in self.commits]


class VigilInMemory:
    """Tenant acme, to whom the project `shop` was given, and all workflows; a context manager.

    Documents are kept in memory, or in an empty `database`.
    """

    def __init__(
        self,
        tenant: Tenant = ACME,
        *,
        analyst: Analyst = heuristic,
        limits: Limits | None = None,
        pace: Pace | None = None,
        database: SqliteDocuments | FirestoreDocuments | None = None,
    ) -> None:
        self.database = database or SqliteDocuments(":memory:", DECLARED)
        self.documents = WatchedDocuments(self.database)
        self.clock = SetClock()
        self.bus = Bus()
        self.notifier = RecordingNotifier()
        self.given_up: list[Message] = []
        # What others do while somebody waits, one thing at each wait.
        self.meanwhile: deque[Callable[[], object]] = deque()
        self.registry = StoredRegistry(self.database, self.clock)
        self.registry.create_tenant(tenant)
        self.registry.give_project(Project(PROJECT, tenant.tenant_id, NOON))
        self.store = TenantStore.of(self.database, tenant)
        self.workflows: Workflows = assemble(
            Parts(
                documents=self.documents,
                publisher=self.bus,
                registry=self.registry,
                clock=self.clock,
                analyst=analyst,
                notifiers=(self.notifier,),
                public_url="https://vigil.example",
                is_own=lambda entry: entry.service.startswith("vigil-"),
                limits=limits or Limits(),
                pace=pace or Pace(),
                sleep=self._sleep,
            )
        )
        self._doors: dict[str, tuple[Door, ...]] = {
            BATCHES: (lambda message: self.workflows.detect_anomalies.handle(message.data),),
            EVENTS: (
                lambda m: self.workflows.analyze_incidents.handle(m.attributes, m.data),
                lambda m: self.workflows.manage_alerts.handle(m.attributes, m.data),
            ),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.database.close()

    def _sleep(self, seconds: float) -> None:
        wakes_at = self.clock.now + timedelta(seconds=seconds)
        if self.meanwhile:
            self.meanwhile.popleft()()
        self.clock.now = max(self.clock.now, wakes_at)

    def receive(self, entries: Sequence[Mapping[str, object]]) -> None:
        """Take entries in and publish their batches, as concurrent pushes do."""
        batch_logs = self.workflows.batch_logs
        for entry in entries:
            batch_logs.take(entry, size_bytes=500, received_at=self.clock())
        for buffer in batch_logs.open_buffers():
            batch_logs.close(buffer)
            batch_logs.send(buffer)

    def deliver(self) -> None:
        """Deliver until nothing waits; what was not handled comes again, a few times."""
        while self.bus.waiting:
            topic, message = self.bus.waiting.popleft()
            for door in self._doors[topic]:
                self._attempt(door, message)

    def _attempt(self, door: Door, message: Message) -> None:
        for _ in range(_ATTEMPTS):
            try:
                return door(message)
            except Exception:
                continue
        self.given_up.append(message)

    def give_up(self, data: bytes, letter_id: str = "d1") -> None:
        """Account for a batch as a dead letter."""
        self.workflows.dead_letters.account(DETECT, letter_id, {}, data)

    def revive(self, data: bytes, letter_id: str = "d1") -> None:
        """Let that dead letter come back."""
        self.workflows.dead_letters.revive(DETECT, letter_id, {}, data)

    def tick(self) -> None:
        """Do what is due by time, and all that follows."""
        self.workflows.detect_anomalies.tick(self.store.tenant_id)
        self.deliver()
        self.workflows.manage_alerts.tick(self.store.tenant_id)
        self.workflows.manage_alerts.deliver()
        self.deliver()

    def settle(self, seconds: float = 200) -> None:
        """Deliver, let time pass, and tick."""
        self.deliver()
        self.clock.advance(seconds)
        self.tick()

    def strike(self, *anomalies: Anomaly, wait: timedelta = timedelta(seconds=10)) -> None:
        """Keep anomalies as detection does; all services are judged until the wait is over."""
        puts = [self.store.anomalies.put(a.anomaly_id, a) for a in anomalies]
        judged_at = max(anomaly.detected_at for anomaly in anomalies) + wait
        self.database.commit([*puts, judge_until(self.store, judged_at)])
        self.clock.now = max(self.clock.now, judged_at)
        self.workflows.manage_alerts.correlate(self.store.tenant_id)

    def counters(self) -> Mapping[str, int]:
        return totals(self.database, self.store.root)

    def outcomes(self) -> Outcomes:
        """Return what became of the entries of the tenant."""
        return outcomes_of(self.counters())

    def outcomes_of_nobody(self) -> Outcomes:
        """Return what became of the entries that belong to no tenant."""
        return outcomes_of(totals(self.database, PLATFORM))
