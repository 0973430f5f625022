"""batch_logs: one raw entry a request comes in, batches of one tenant's entries go out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zlib import crc32

from vigil.errors import PreconditionFailed
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.identity import content_id
from vigil.model.outcome import Outcomes
from vigil.ports import Clock, Documents, Existence, Message, Publisher, Put, Write
from vigil.stores.usage import PLATFORM, count
from vigil.telemetry import logger
from vigil.workflows.intake import Fate, Intake, Verdict

LOGS = "vigil-logs"
TOPIC = "vigil-batches"
# The event type of a message that is not an entry, and is only to go the way of the entries.
HEARTBEAT = "heartbeat"
_log = logger(__name__)
_KEEP_QUARANTINE = timedelta(days=7)
_LANES = 64
# What Pub/Sub takes in one message is 10 MB; the rest is for its attributes.
_MESSAGE_BYTES = 9_900_000


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch goes out: at so many entries, so many bytes of raw entries, or after so long.

    `max_held` is for all tenants of an instance together: when so many requests wait, all batches
    go out.
    """

    max_entries: int = 500
    max_bytes: int = 4_000_000
    max_held: int = 500
    linger: timedelta = timedelta(milliseconds=250)


@dataclass(slots=True)
class Buffer:
    """The entries of one tenant that wait for their batch; tenant "" has what belongs to nobody.

    `number` tells it from the other buffers of this instance, `latest_at` is when the last of its
    entries was received.
    """

    tenant_id: str
    number: int = 0
    entries: list[LogEntry] = field(default_factory=list)
    rejected: dict[Fate, int] = field(default_factory=dict)
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    size_bytes: int = 0
    latest_at: datetime | None = None

    def add(self, verdict: Verdict, size_bytes: int, message_id: str) -> None:
        """Take in an entry, or count its rejection."""
        self.size_bytes += size_bytes
        if verdict.entry is not None:
            self.entries.append(verdict.entry)
            if self.latest_at is None or verdict.entry.received_at > self.latest_at:
                self.latest_at = verdict.entry.received_at
            return
        self.rejected[verdict.fate] = self.rejected.get(verdict.fate, 0) + 1
        if verdict.fate is Fate.INVALID:
            self.set_aside.append((message_id, verdict.reason))

    def is_full(self, limits: Limits) -> bool:
        """Whether it should go out now."""
        held = len(self.entries) + sum(self.rejected.values())
        return held >= limits.max_entries or self.size_bytes >= limits.max_bytes

    @property
    def outcomes(self) -> Outcomes:
        """What became of the entries that were rejected."""
        counted = {fate.value: n for fate, n in self.rejected.items()}
        return Outcomes(received=sum(counted.values()), **counted)

    def to_batch(self, flushed_at: datetime) -> LogBatch:
        """Return what it holds as a batch.

        The instant and the number are part of the id: the same entries batched a second time,
        because they were delivered a second time, are another batch, and each of them is then
        counted as a duplicate.
        """
        digests = "".join(entry.digest for entry in self.entries)
        flushed = (flushed_at.isoformat(), self.number)
        batch_id = content_id("batch", self.tenant_id, *flushed, digests)
        return LogBatch(batch_id, self.tenant_id, flushed_at, tuple(self.entries), self.outcomes)


class BatchLogs:
    """Sorts entries into the buffers of their tenants and sends these on."""

    def __init__(
        self,
        *,
        intake: Intake,
        documents: Documents,
        publisher: Publisher,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self.limits = limits
        self._intake = intake
        self._documents = documents
        self._publisher = publisher
        self._clock = clock
        self._buffers: dict[str, Buffer] = {}
        self._opened = 0

    def take(
        self,
        raw: bytes | str | Mapping[str, object],
        *,
        size_bytes: int,
        received_at: datetime | None = None,
        message_id: str = "",
    ) -> Buffer:
        """Put one raw entry into its tenant's buffer and return this.

        It is not safe before `send` has returned for that buffer.
        """
        verdict = self._intake.judge(raw, received_at=received_at, message_id=message_id)
        return self._put(verdict, size_bytes, message_id)

    def reject(self, reason: str, *, size_bytes: int) -> Buffer:
        """Account for a request that no entry could be read from; `reason` never quotes it."""
        return self._put(Verdict(Fate.INVALID, reason=reason), size_bytes, "")

    def _put(self, verdict: Verdict, size_bytes: int, message_id: str) -> Buffer:
        tenant_id = verdict.tenant.tenant_id if verdict.tenant else ""
        buffer = self._buffers.get(tenant_id)
        if buffer is None:
            self._opened += 1
            buffer = self._buffers[tenant_id] = Buffer(tenant_id, self._opened)
        buffer.add(verdict, size_bytes, message_id)
        return buffer

    def close(self, buffer: Buffer) -> None:
        """Let the next entries of this tenant go into a new buffer."""
        self._buffers.pop(buffer.tenant_id, None)

    def open_buffers(self) -> list[Buffer]:
        """Return the buffers that wait."""
        return list(self._buffers.values())

    def send(self, buffer: Buffer) -> None:
        """Publish what a closed buffer holds; when this returns, its entries may be acknowledged.

        Raises TransientError, having acknowledged nothing, when it cannot.
        """
        if not buffer.tenant_id:
            self._set_aside(buffer)
            return
        batch = buffer.to_batch(self._clock())
        attributes = {"event_type": "log_batch", "tenant_id": batch.tenant_id}
        parts = [Message(content, attributes) for content in _as_messages(batch)]
        self._publisher.publish(TOPIC, parts)

    def pass_on(self, attributes: Mapping[str, str]) -> None:
        """Send a heartbeat on; raise TransientError if it cannot be now."""
        self._publisher.publish(TOPIC, [Message(b"", dict(attributes))])

    def _set_aside(self, buffer: Buffer) -> None:
        """Keep why entries that belong to nobody could not be used, never what they said."""
        now = self._clock()
        writes: list[Write] = []
        for position, (message_id, reason) in enumerate(buffer.set_aside):
            quarantine_id = content_id("entry", message_id, reason, now, position)
            row = _quarantined(quarantine_id, message_id, reason, now)
            writes.append(replace(row, when=Existence.ABSENT))
        # A flood of what is nobody's is flushed many times a second, by many instances.
        lane = crc32(f"{now} {buffer.number}".encode()) % _LANES
        writes.append(count(PLATFORM, f"intake-{lane}", now, buffer.outcomes))
        # A failed precondition: it was written, and only the reply to that was lost.
        with suppress(PreconditionFailed):
            self._documents.commit(writes)
        reasons = Counter(reason for _, reason in buffer.set_aside)
        if reasons:
            _log.warning("entries that are nobody's were set aside", reasons=dict(reasons))


def _quarantined(quarantine_id: str, message_id: str, reason: str, now: datetime) -> Put:
    return Put(
        f"quarantine/{quarantine_id}",
        {
            "message_id": message_id,
            "reason": reason,
            "received_at": now,
            "expires_at": now + _KEEP_QUARANTINE,
        },
    )


def _as_messages(batch: LogBatch) -> Iterator[bytes]:
    """Yield the batch in as few parts as messages can hold.

    Entries that came compressed can be larger together than `max_bytes` (FAULTS A09, A10).
    """
    content = batch.to_bytes()
    if len(content) <= _MESSAGE_BYTES or len(batch.entries) == 1:
        yield content
        return
    half = len(batch.entries) // 2
    first, second = batch.entries[:half], batch.entries[half:]
    yield from _as_messages(replace(batch, entries=first))
    second_id = content_id("batch", batch.batch_id, half)
    yield from _as_messages(replace(batch, batch_id=second_id, entries=second, outcomes=Outcomes()))
