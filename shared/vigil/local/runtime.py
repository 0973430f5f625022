"""The embedded runtime: all workflows in one process, over the embedded queue."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.adapters.delivery import Delivery, Subscription
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.doors.assembly import Parts, Workflows, assemble
from vigil.local.loop_thread import LoopThread
from vigil.logs.push_message import PushMessage
from vigil.stores.registry import StoredRegistry
from vigil.telemetry import logger
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.dead_letters import BATCH_LOGS, DETECT
from vigil.workflows.events import TOPIC as EVENTS
from vigil.workflows.group_commit import GroupCommit
from vigil.workflows.ticks import Ticks

ANALYZE, MANAGE = "analyze-incidents", "manage-alerts"
SUBSCRIPTIONS = {
    BATCH_LOGS: Subscription(LOGS, ack_deadline=timedelta(seconds=30)),
    DETECT: Subscription(BATCHES),
    ANALYZE: Subscription(EVENTS),
    MANAGE: Subscription(EVENTS),
}
_IDLE_SECONDS = 0.05
_TICK_SECONDS = 1.0
_CLEANUP_EVERY_TICKS = 600
_AT_ONCE = 100
# Dead letters hold entries as they were written, secrets included: long enough for someone to come
# back from a weekend, see to the cause and replay them, and no longer.
_DEAD_LETTERS_KEPT = timedelta(days=7)
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class LocalParts:
    """What the runtime runs on; the queue is the publisher of `parts`."""

    parts: Parts
    queue: SqliteQueue
    registry: StoredRegistry


class Runtime:
    """Delivers what is published to the workflows, and ticks, from `start` to `stop`.

    A message is acknowledged only after its workflow has returned. One that raises is refused and
    comes again, later each time; one that never succeeds becomes a dead letter, which is accounted
    for and kept for a week.
    """

    def __init__(self, local: LocalParts) -> None:
        self._queue = local.queue
        self._clock = local.parts.clock
        self.workflows: Workflows = assemble(local.parts)
        self.group_commit = GroupCommit(self.workflows.batch_logs)
        self._ticks = Ticks(
            tenants=local.registry.tenants,
            detect=self.workflows.detect_anomalies,
            manage=self.workflows.manage_alerts,
            waiting_since=self._waiting_since,
        )
        self._stopping = threading.Event()
        self._intake = LoopThread("batch-logs", self._take_in)
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (
                (DETECT, lambda: self._deliver(DETECT, self._detect)),
                (ANALYZE, lambda: self._deliver(ANALYZE, self._analyze)),
                (MANAGE, lambda: self._deliver(MANAGE, self._manage)),
                ("ticks", self._tick_on),
                ("notifications", self._tell_on),
            )
        ]

    def start(self) -> None:
        """Begin to deliver."""
        self._intake.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Return when what was under way is done; what was not begun waits in the queue."""
        self._stopping.set()
        self._intake.stop()
        for thread in self._threads:
            thread.join()

    def tick(self) -> None:
        """Let the workflows do what is due by time alone, for every tenant, but tell nobody.

        What is due in the outbox is sent from a thread of its own: a channel that hangs holds up
        neither detection nor correlation.
        """
        self._ticks.judge()
        self._ticks.correlate()
        self._account_for_dead_letters()

    def clean_up(self) -> None:
        """Delete what has expired, and the dead letters of more than a week ago."""
        self.workflows.cleanup.run()
        self._queue.dead_letters.forget(self._clock() - _DEAD_LETTERS_KEPT)

    def _waiting_since(self) -> datetime | None:
        waiting = [self._queue.waiting_since(name) for name in (BATCH_LOGS, DETECT)]
        return min((at for at in waiting if at is not None), default=None)

    async def _take_in(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                found = await self._take_some()
            except Exception:
                # What was pulled comes again when its lease has run out.
                _log.exception("entries could not be pulled or acknowledged")
                found = False
            if not found:
                await asyncio.sleep(_IDLE_SECONDS)

    async def _take_some(self) -> bool:
        """Deliver raw entries many at a time: each waits until the batch that it shares is safe."""
        deliveries = await asyncio.to_thread(self._queue.pull, BATCH_LOGS, _AT_ONCE)
        if not deliveries:
            return False
        pushes = [self.group_commit.take(_push_of(delivery)) for delivery in deliveries]
        outcomes = await asyncio.gather(*pushes, return_exceptions=True)
        answers: dict[bool, list[str]] = {True: [], False: []}
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            answers[outcome is None].append(delivery.ack_id)
        if answers[False]:
            _log.error("entries were not taken in and come again", count=len(answers[False]))
        await asyncio.to_thread(self._queue.ack, BATCH_LOGS, answers[True])
        await asyncio.to_thread(self._queue.nack, BATCH_LOGS, answers[False])
        return True

    def _deliver(self, subscription: str, work: Callable[[Delivery], None]) -> None:
        while not self._stopping.is_set():
            try:
                deliveries = self._queue.pull(subscription, 1)
                for delivery in deliveries:
                    self._attempt(subscription, work, delivery)
            except Exception:
                # What was pulled comes again when its lease has run out.
                _log.exception("a message could not be pulled or answered", door=subscription)
                deliveries = []
            if not deliveries:
                self._stopping.wait(_IDLE_SECONDS)

    def _attempt(
        self, subscription: str, work: Callable[[Delivery], None], delivery: Delivery
    ) -> None:
        try:
            work(delivery)
        except Exception:
            # Whatever it was, the message is safe in the queue and comes again.
            _log.exception("a message was not handled and will come again", door=subscription)
            self._queue.nack(subscription, [delivery.ack_id])
        else:
            self._queue.ack(subscription, [delivery.ack_id])

    def _detect(self, delivery: Delivery) -> None:
        self.workflows.detect_anomalies.handle(delivery.message.data)

    def _analyze(self, delivery: Delivery) -> None:
        message = delivery.message
        self.workflows.analyze_incidents.handle(message.attributes, message.data)

    def _manage(self, delivery: Delivery) -> None:
        message = delivery.message
        self.workflows.manage_alerts.handle(message.attributes, message.data)

    def _tick_on(self) -> None:
        ticks = 0
        while not self._stopping.wait(_TICK_SECONDS):
            ticks += 1
            try:
                self.tick()
                if ticks % _CLEANUP_EVERY_TICKS == 0:
                    self.clean_up()
            except Exception:
                # The next tick does what this one did not.
                _log.exception("a tick was not finished")

    def _tell_on(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS):
            try:
                self.workflows.manage_alerts.deliver()
            except Exception:
                # What was not sent or published is still in its outbox.
                _log.exception("what is due was not all told")

    def _account_for_dead_letters(self) -> None:
        dead_letters, accounts = self._queue.dead_letters, self.workflows.dead_letters
        for name in SUBSCRIPTIONS:
            for letter in dead_letters.unreported(name, _AT_ONCE):
                message = letter.message
                accounts.account(name, letter.dead_letter_id, message.attributes, message.data)
                dead_letters.mark_reported([letter.dead_letter_id])


def _push_of(delivery: Delivery) -> PushMessage:
    message = delivery.message
    return PushMessage(
        message.data,
        message.attributes,
        delivery.message_id,
        delivery.published_at,
        delivery.attempt,
    )
