"""Replay: exported entries through the same workflows, with event time as the clock."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.incidents import analyst
from vigil.local.assembly import Parts, Workflows, assemble
from vigil.local.log_file import RawEntry
from vigil.model.channel import Channel, ChannelKind
from vigil.model.incident import Incident
from vigil.model.notification import AlertMessage
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant, Thresholds
from vigil.ports import Message
from vigil.stores.queries import DECLARED, INCIDENTS
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import PLATFORM, outcomes_of, totals
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.batch_logs import Buffer, Limits
from vigil.workflows.events import TOPIC as EVENTS

TENANT = "replay"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(seconds=10)
_CLEANUP = timedelta(minutes=10)
# A state is written once a batch: the more entries share it, the less each costs.
_LIMITS = Limits(max_entries=5000)


class EventClock:
    """Says what time it was when the entries that have been read were received; it never goes back."""

    def __init__(self) -> None:
        self.now = _BEGINNING

    def __call__(self) -> datetime:
        """Return the latest instant that was reached."""
        return self.now

    def reach(self, instant: datetime) -> None:
        """Go on to `instant`, if it is later."""
        self.now = max(self.now, instant)


class WholeFile:
    """The registry of a replay: whoever replays a file has decided that all in it is one tenant's."""

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
class Summary:
    """What came of a replay; `received` was counted by the reader, all else by the workflows."""

    received: int
    outcomes: Outcomes
    anomalies: Mapping[str, int]
    incidents: Sequence[Incident]
    alerts: int
    notifications: int

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
            _BEGINNING,
            thresholds or Thresholds(),
            (channel,),
            # What is found is shown at the end, however long the file goes on.
            retention_days=36_500,
        )
        self._clock = EventClock()
        self._bus = InlineBus()
        self._documents = SqliteDocuments(":memory:", DECLARED)
        self.told = Told()
        self._workflows = self._assemble()
        self._received = 0
        self._ticked_at = self._cleaned_at = _BEGINNING
        self._latest_at: datetime | None = None
        self._settling = _settling(self._tenant.thresholds)

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
        """Take entries in; a batch is worked off as soon as it is full."""
        batch_logs = self._workflows.batch_logs
        for entry in entries:
            self._received += 1
            buffer = batch_logs.take(
                entry.raw, size_bytes=entry.size_bytes, message_id=str(self._received)
            )
            before, self._latest_at = self._latest_at, buffer.latest_at or self._latest_at
            if (
                before is not None
                and buffer.latest_at
                and buffer.latest_at - before > self._settling
            ):
                self._send(buffer, until=before)
            elif buffer.is_full(batch_logs.limits):
                self._send(buffer)

    def finish(self) -> Summary:
        """Work off what is left, let time pass until all is judged, and return what came of it."""
        for buffer in self._workflows.batch_logs.open_buffers():
            self._send(buffer)
        self._clock.reach(self._clock.now + self._settling)
        self._tick()
        return self._summary()

    def _send(self, buffer: Buffer, *, until: datetime | None = None) -> None:
        """Work off a buffer whose entries were received up to `until`, but for a gap and what follows.

        In a gap time goes on without entries: what came before it is judged and told then.
        """
        self._workflows.batch_logs.close(buffer)
        self._clock.reach(until or buffer.latest_at or self._clock.now)
        self._workflows.batch_logs.send(buffer)
        self._deliver()
        if until is not None:
            self._clock.reach(until + self._settling)
        if self._clock.now >= self._ticked_at + _TICK:
            self._tick()

    def _tick(self) -> None:
        self._ticked_at = self._clock.now
        self._workflows.detect_anomalies.tick(TENANT)
        self._deliver()
        self._workflows.manage_alerts.correlate(TENANT)
        self._deliver()
        self._workflows.manage_alerts.deliver()
        if self._clock.now >= self._cleaned_at + _CLEANUP:
            self._cleaned_at = self._clock.now
            self._workflows.cleanup.run()

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
        )


def _settling(thresholds: Thresholds) -> timedelta:
    """Return how long after an entry it is certain what follows from it."""
    return timedelta(
        seconds=thresholds.window_seconds
        + thresholds.allowed_lateness_seconds
        + thresholds.group_wait_seconds
    )
