"""Replay: exported entries through the same workflows, with event time as the clock."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.doors.assembly import Parts, Workflows, assemble
from vigil.incidents import analyst
from vigil.local.event_clock import BEGINNING, EventClock
from vigil.local.raw_entry import RawEntry
from vigil.model.channel import Channel, ChannelKind
from vigil.model.incident import Incident
from vigil.model.notification import AlertMessage
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant, Thresholds
from vigil.ports import DeclaredQuery, Document, Documents, Message, Write
from vigil.stores.queries import DECLARED, INCIDENTS, USAGE
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import PLATFORM, outcomes_of, totals
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.batch_logs import Buffer, Limits
from vigil.workflows.cleanup import Cleanup
from vigil.workflows.events import TOPIC as EVENTS

TENANT = "replay"
_CLEANUP = timedelta(minutes=10)
# What is shown at the end is kept, however long the recording goes on.
_RESULTS = frozenset({INCIDENTS.collection, USAGE.collection})
# A state is written once a batch: the more entries share it, the less each costs.
_LIMITS = Limits(max_entries=5000)


class WholeFile:
    """The registry of a replay: who replays a file has decided that all in it is one tenant's."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def tenant_of(self, project_id: str) -> Tenant | None:
        """Return the one tenant, whatever the project."""
        return self._tenant

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return the one tenant, if it is meant."""
        return self._tenant if tenant_id == self._tenant.tenant_id else None


@dataclass(slots=True)
class InlineBus:
    """Keeps what is published until it is delivered, in this process and in order."""

    waiting: deque[tuple[str, Message]] = field(default_factory=deque)

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Take in `messages`."""
        self.waiting.extend((topic, message) for message in messages)


@dataclass(slots=True)
class Told:
    """The terminal channel of a replay: it keeps what would have been sent."""

    kind: ChannelKind = ChannelKind.TERMINAL
    messages: list[AlertMessage] = field(default_factory=list)

    def send(self, message: AlertMessage, channel: Channel) -> None:
        """Keep the message."""
        self.messages.append(message)


@dataclass(frozen=True, slots=True)
class ResultsKept:
    """Documents as the cleanup of a replay sees them: without what the summary is made of."""

    documents: Documents

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        """Return the documents at `paths`."""
        return self.documents.get(paths)

    def commit(self, writes: Sequence[Write]) -> None:
        """Make all `writes` or none."""
        self.documents.commit(writes)

    def query(self, query: DeclaredQuery, **arguments: Any) -> list[Document]:
        """Return what a query finds, and nothing if it asks for results."""
        if query.collection in _RESULTS:
            return []
        return self.documents.query(query, **arguments)


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a replay; `received` was counted by the reader, all else by the workflows.

    `reasons` says why invalid entries were invalid, by count, the most frequent first. `told` is
    what would have been sent.
    """

    received: int
    outcomes: Outcomes
    anomalies: Mapping[str, int]
    incidents: Sequence[Incident]
    alerts: int
    notifications: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    told: Sequence[AlertMessage] = ()

    @property
    def balanced(self) -> bool:
        """Whether every entry that was read is accounted for, exactly once."""
        return self.outcomes.balanced and self.outcomes.received == self.received


class Replay:
    """Feeds entries through the workflows; give it entries, then ask for the summary."""

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        channel = Channel("terminal", ChannelKind.TERMINAL)
        self._tenant = Tenant(
            TENANT,
            "Replay",
            BEGINNING,
            thresholds or Thresholds(),
            (channel,),
        )
        self._clock = EventClock(self._tenant.thresholds)
        # What begins in a batch must not also end in it, or nobody would be told.
        self._span = timedelta(seconds=self._tenant.thresholds.quiet_seconds / 3)
        self._bus = InlineBus()
        self._documents = SqliteDocuments(":memory:", DECLARED)
        self.told = Told()
        self._workflows = self._assemble()
        self._cleanup = Cleanup(documents=ResultsKept(self._documents), clock=self._clock)
        self._received = 0
        self._reasons: Counter[str] = Counter()
        self._cleaned_at = BEGINNING

    def _assemble(self) -> Workflows:
        return assemble(
            Parts(
                documents=self._documents,
                publisher=self._bus,
                registry=WholeFile(self._tenant),
                clock=self._clock,
                analyst=analyst,
                notifiers=(self.told,),
                public_url="",
                is_own=lambda entry: False,
                limits=_LIMITS,
            )
        )

    def feed(self, entries: Iterable[RawEntry]) -> None:
        """Take entries in; a batch is worked off as soon as it is full.

        What `entries` raises comes through; what it had yielded is taken in.
        """
        batch_logs = self._workflows.batch_logs
        for entry in entries:
            self._received += 1
            buffer = batch_logs.take(
                entry.raw, size_bytes=entry.size_bytes, message_id=str(self._received)
            )
            if buffer.is_full(batch_logs.limits) or self._is_long(buffer):
                self._work_off(buffer)

    def finish(self) -> Summary:
        """Work off what is left, let time pass until all is judged, and return what came of it."""
        for buffer in self._workflows.batch_logs.open_buffers():
            self._work_off(buffer)
        for _ in self._clock.go_through(self._clock.latest_at + self._clock.settling):
            self._tick()
        return self._summary()

    def _is_long(self, buffer: Buffer) -> bool:
        """Whether its last entry was received long after its first, or before."""
        if not buffer.entries:
            return False
        first, last = buffer.entries[0], buffer.entries[-1]
        return abs(last.received_at - first.received_at) > self._span

    def _work_off(self, buffer: Buffer) -> None:
        """Do what was due before a batch, then take it in, then do what has become due."""
        self._workflows.batch_logs.close(buffer)
        self._clock.hear(buffer.entries)
        heard_at = self._clock.heard_at
        for _ in self._clock.go_through(heard_at - self._span):
            self._tick()
        is_due = self._clock.reach(heard_at)
        self._send(buffer)
        if is_due:
            self._tick()
        self._clean_up()

    def _send(self, buffer: Buffer) -> None:
        self._reasons.update(reason for _, reason in buffer.set_aside)
        # Nobody will look each of them up, and a file may hold nothing else.
        buffer.set_aside.clear()
        self._workflows.batch_logs.send(buffer)
        self._deliver()

    def _tick(self) -> None:
        self._workflows.detect_anomalies.tick(TENANT)
        self._deliver()
        self._workflows.manage_alerts.correlate(TENANT)
        self._deliver()
        self._workflows.manage_alerts.deliver()

    def _clean_up(self) -> None:
        if self._clock.now >= self._cleaned_at + _CLEANUP:
            self._cleaned_at = self._clock.now
            self._cleanup.run()

    def _deliver(self) -> None:
        while self._bus.waiting:
            topic, message = self._bus.waiting.popleft()
            if topic == BATCHES:
                self._workflows.detect_anomalies.handle(message.data)
            elif topic == EVENTS:
                self._workflows.analyze_incidents.handle(message.attributes, message.data)
                self._workflows.manage_alerts.handle(message.attributes, message.data)

    def _summary(self) -> Summary:
        store = TenantStore.of(self._documents, self._tenant)
        counters = totals(self._documents, store.root)
        prefix = "anomalies_"
        return Summary(
            received=self._received,
            outcomes=outcomes_of(counters) + outcomes_of(totals(self._documents, PLATFORM)),
            anomalies={
                name.removeprefix(prefix): n
                for name, n in sorted(counters.items())
                if name.startswith(prefix)
            },
            incidents=[stored.value for stored in store.incidents.query(INCIDENTS)][::-1],
            alerts=counters.get("alerts", 0),
            notifications=counters.get("notifications", 0),
            reasons=dict(self._reasons.most_common()),
            told=tuple(self.told.messages),
        )
