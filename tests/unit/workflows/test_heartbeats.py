"""Heartbeats say since when entries may wait; a backlog holds the watermark back (A04, B07)."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from tests.builders import NOON
from tests.contract.set_clock import SetClock
from tests.vigil_in_memory import Bus, VigilInMemory, WatchedDocuments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import TransientError
from vigil.logs.push_message import PushMessage
from vigil.model.outcome import Outcomes
from vigil.ports import Message
from vigil.stores.queries import DECLARED
from vigil.workflows.batch_logs import HEARTBEAT, LOGS
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.group_commit import GroupCommit
from vigil.workflows.heartbeats import Heartbeats

MINUTE = timedelta(minutes=1)


class Way:
    """Heartbeats over real documents, a bus and a clock of ours."""

    def __init__(self, documents: SqliteDocuments) -> None:
        self.clock = SetClock()
        self.bus = Bus()
        self.documents = WatchedDocuments(documents)
        self.heartbeats = Heartbeats(documents=self.documents, publisher=self.bus, clock=self.clock)

    def beat_each_minute(self, times: int) -> list[datetime | None]:
        found = []
        for _ in range(times):
            self.clock.advance(60)
            found.append(self.heartbeats.beat())
        return found

    def arrive(self, position: int) -> None:
        self.heartbeats.arrive(self.bus.published[position][1].attributes)


@pytest.fixture
def way() -> Iterator[Way]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as documents:
        yield Way(documents)


def test_while_each_arrives_before_the_next_is_sent_nothing_waits(way: Way) -> None:
    for minute in range(3):
        assert way.beat_each_minute(1) == [None]
        way.arrive(minute)

    assert [topic for topic, _ in way.bus.published] == [LOGS] * 3


def test_the_oldest_one_that_has_not_arrived_says_since_when_entries_wait(way: Way) -> None:
    assert way.beat_each_minute(3) == [None, NOON + MINUTE, NOON + MINUTE]
    way.arrive(0)
    assert way.beat_each_minute(1) == [NOON + 2 * MINUTE]
    # The backlog drains out of order: the second is still on its way.
    way.arrive(2)
    way.arrive(3)
    assert way.beat_each_minute(1) == [NOON + 2 * MINUTE]


def test_a01_one_that_arrives_twice_changes_nothing(way: Way) -> None:
    way.beat_each_minute(2)
    for _ in range(2):
        way.arrive(0)

    assert way.beat_each_minute(1) == [NOON + 2 * MINUTE]


def test_one_of_long_ago_is_waited_for_no_longer(way: Way) -> None:
    found = way.beat_each_minute(14)

    assert found[9:] == [NOON + minute * MINUTE for minute in (1, 2, 3, 4, 5)]


def test_b10_one_that_could_not_be_sent_is_not_waited_for(way: Way) -> None:
    way.bus.is_down = True
    assert way.beat_each_minute(1) == [None]
    way.bus.is_down = False

    assert way.beat_each_minute(1) == [None]


def test_c03_one_whose_sender_was_killed_before_it_was_sent_is_not_waited_for(way: Way) -> None:
    class Killed(BaseException):
        """The end of a process, as its own code sees it: it does not."""

    class KillingBus(Bus):
        def publish(self, topic: str, messages: Sequence[Message]) -> None:
            raise Killed

    dying = Heartbeats(documents=way.documents, publisher=KillingBus(), clock=way.clock)
    with pytest.raises(Killed):
        dying.beat()

    assert way.beat_each_minute(2) == [None, NOON + MINUTE]


def test_one_that_arrives_before_its_sender_has_noted_that_it_was_sent_has_arrived(
    way: Way,
) -> None:
    class QuickBus(Bus):
        def publish(self, topic: str, messages: Sequence[Message]) -> None:
            super().publish(topic, messages)
            way.heartbeats.arrive(messages[0].attributes)

    Heartbeats(documents=way.documents, publisher=QuickBus(), clock=way.clock).beat()

    assert way.beat_each_minute(1) == [None]


def test_two_ticks_at_once_send_two(way: Way) -> None:
    def beat_too(_writes: object) -> None:
        way.documents.before = lambda writes: None
        way.clock.advance(1)
        way.heartbeats.beat()

    way.documents.before = beat_too
    way.beat_each_minute(1)

    assert len(way.bus.published) == 2
    assert way.heartbeats.beat() == NOON + MINUTE


def test_a_heartbeat_goes_the_way_of_the_entries_and_is_none() -> None:
    with VigilInMemory() as vigil:
        attributes = {"event_type": HEARTBEAT, "sent_at": "2026-01-20T12:00:00Z"}
        push = PushMessage(b"", attributes, "1", NOON, 1)
        asyncio.run(_take(vigil, push))

        assert vigil.bus.published == [(BATCHES, Message(b"", attributes))]
        assert vigil.outcomes_of_nobody() == Outcomes()


def test_b07_one_that_cannot_be_sent_on_comes_again() -> None:
    with VigilInMemory() as vigil:
        vigil.bus.is_down = True
        with pytest.raises(TransientError):
            asyncio.run(_take(vigil, PushMessage(b"", {"event_type": HEARTBEAT}, "1", NOON, 1)))


async def _take(vigil: VigilInMemory, push: PushMessage) -> None:
    await GroupCommit(vigil.workflows.batch_logs).take(push)
