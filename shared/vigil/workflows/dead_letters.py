"""Dead letters are counted once, and taken out of the count when they come back (FAULTS B09)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vigil.errors import PermanentError, PreconditionFailed, TransientError
from vigil.logs.log_batch import LogBatch
from vigil.model.identity import content_id
from vigil.model.outcome import Outcomes
from vigil.ports import Clock, Documents, Existence, Write
from vigil.stores.collection import Collection
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import LedgerEntry, TenantStore
from vigil.stores.usage import PLATFORM, count
from vigil.telemetry import logger
from vigil.workflows.detect_anomalies import by_service

# The subscriptions whose dead letters hold entries; those of others are events.
BATCH_LOGS, DETECT = "batch-logs", "detect-anomalies"
# The longest that Pub/Sub keeps a message.
_REPLAYABLE = timedelta(days=31)
_RACES = 10
_ONE_ENTRY = Outcomes(received=1, dead_lettered=1)
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class GivenUpEntry:
    """An entry that was given up before it came into a batch; nothing of what it says is kept.

    `received_at` is when it was counted. One that `is_back` is not counted any more.
    """

    message_id: str
    received_at: datetime
    reason: str = "dead letter"
    is_back: bool = False


class DeadLetterAccounts:
    """Keeps `dead_lettered` at what was given up and has not come back.

    Both `account` and `revive` may be called again, and in any order. A dead letter is known by its
    `letter_id`, which it does not share with the same message when that dies again.
    """

    def __init__(self, *, documents: Documents, registry: Registry, clock: Clock) -> None:
        self._documents = documents
        self._registry = registry
        self._clock = clock
        self._entries = Collection(
            documents, "", "quarantine", GivenUpEntry, lambda e: e.received_at + _REPLAYABLE
        )

    def account(
        self, subscription: str, letter_id: str, attributes: Mapping[str, str], data: bytes
    ) -> None:
        """Count the entries of a dead letter as dead-lettered, except for what of it was done.

        What holds no entries, or belongs to nobody, is told by our own log.
        """
        if subscription == DETECT:
            self._with_batch(data, lambda store, batch: self._count(store, batch, letter_id))
        elif _is_entry(subscription, attributes):
            _until_won(lambda: self._count_entry(letter_id))
        else:
            _log.error("a message was set aside", door=subscription, message_id=letter_id)

    def revive(
        self, subscription: str, letter_id: str, attributes: Mapping[str, str], data: bytes
    ) -> None:
        """Take out of the count what `account` counted, so that it may be worked on again.

        What of it was done stays done. An `account` of this dead letter that comes later counts
        nothing.
        """
        if subscription == DETECT:
            self._with_batch(data, lambda store, batch: self._uncount(store, batch, letter_id))
        elif _is_entry(subscription, attributes):
            _until_won(lambda: self._uncount_entry(letter_id))

    def _with_batch(self, data: bytes, work: Callable[[TenantStore, LogBatch], None]) -> None:
        """Do `work` on the batch; nobody's are logged."""
        try:
            batch = LogBatch.parse(data)
            tenant = self._registry.tenant(batch.tenant_id)
        except PermanentError as error:
            _log.error("a batch that was given up is nobody's", reason=str(error))
            return
        if tenant is None:
            _log.error("a batch that was given up is nobody's", reason="tenant")
            return
        store = TenantStore.of(self._documents, tenant)
        _until_won(lambda: work(store, batch))

    def _count(self, store: TenantStore, batch: LogBatch, letter_id: str) -> None:
        now, lost = self._clock(), _lost_by_service(batch)
        known, *parts = store.ledger.get_all([_letter_key(letter_id), *_keys(batch, lost)])
        if known is not None:
            return
        until = now + _REPLAYABLE
        kept = LedgerEntry(now, replayable_until=until)
        given_up = LedgerEntry(now, dead_lettered=True, replayable_until=until)
        writes: list[Write] = [
            store.ledger.put(_letter_key(letter_id), kept, when=Existence.ABSENT)
        ]
        for (service, outcomes), key, done in zip(
            lost.items(), _keys(batch, lost), parts, strict=True
        ):
            if done is None:
                writes.append(store.ledger.put(key, given_up, when=Existence.ABSENT))
                writes.append(_counted(store, service, now, outcomes))
            else:
                # Known for as long as the rest of the batch can come back.
                longer = replace(done.value, replayable_until=until)
                writes.append(store.ledger.put(key, longer, when=done.unchanged))
        self._documents.commit(writes)

    def _uncount(self, store: TenantStore, batch: LogBatch, letter_id: str) -> None:
        now, lost = self._clock(), _lost_by_service(batch)
        known, *parts = store.ledger.get_all([_letter_key(letter_id), *_keys(batch, lost)])
        writes: list[Write] = []
        if known is None:
            kept = LedgerEntry(now, replayable_until=now + _REPLAYABLE)
            writes.append(store.ledger.put(_letter_key(letter_id), kept, when=Existence.ABSENT))
        for (service, outcomes), key, done in zip(
            lost.items(), _keys(batch, lost), parts, strict=True
        ):
            if done is not None and done.value.dead_lettered:
                writes.append(store.ledger.delete(key, when=done.unchanged))
                # On the day on which it was counted, so that no day's counter becomes negative.
                writes.append(_counted(store, service, done.value.done_at, -outcomes))
        if writes:
            self._documents.commit(writes)

    def _count_entry(self, letter_id: str) -> None:
        now, key = self._clock(), _entry_key(letter_id)
        if self._entries.get(key) is None:
            kept = self._entries.put(key, GivenUpEntry(letter_id, now), when=Existence.ABSENT)
            self._documents.commit([kept, count(PLATFORM, "dead", now, _ONE_ENTRY)])

    def _uncount_entry(self, letter_id: str) -> None:
        key = _entry_key(letter_id)
        known = self._entries.get(key)
        if known is None:
            back = GivenUpEntry(letter_id, self._clock(), is_back=True)
            self._documents.commit([self._entries.put(key, back, when=Existence.ABSENT)])
        elif not known.value.is_back:
            kept = self._entries.put(key, replace(known.value, is_back=True), when=known.unchanged)
            counted_at = known.value.received_at
            self._documents.commit([kept, count(PLATFORM, "dead", counted_at, -_ONE_ENTRY)])


def _is_entry(subscription: str, attributes: Mapping[str, str]) -> bool:
    """Whether it is an entry that somebody wrote, and not a message of ours on their way."""
    return subscription == BATCH_LOGS and "event_type" not in attributes


def _lost_by_service(batch: LogBatch) -> dict[str, Outcomes]:
    """Return what becomes of the entries of each service if the batch is given up.

    What was rejected before it was sent goes with the first of them, as it does in processing.
    """
    lost = {
        service: Outcomes(received=len(entries), dead_lettered=len(entries))
        for service, entries in by_service(batch)
    }
    first = next(iter(lost))
    return {**lost, first: lost[first] + batch.outcomes}


def _keys(batch: LogBatch, services: Mapping[str, Outcomes]) -> list[str]:
    """Return the keys under which processing would say that the services' parts are done."""
    return [content_id("batch", batch.batch_id, service) for service in services]


def _letter_key(letter_id: str) -> str:
    return content_id("dead letter", DETECT, letter_id)


def _counted(store: TenantStore, service: str, at: datetime, outcomes: Outcomes) -> Write:
    return count(store.root, content_id("service", service), at, outcomes)


def _entry_key(letter_id: str) -> str:
    return content_id("dead letter", letter_id)


def _until_won(attempt: Callable[[], None]) -> None:
    for _ in range(_RACES):
        try:
            return attempt()
        except PreconditionFailed:
            continue
    raise TransientError("what was read was written by others each time")
