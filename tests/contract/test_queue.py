"""What the queue promises to those who publish and those who deliver."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from tests.contract.conftest import OpenQueue
from tests.contract.set_clock import NOON, SetClock
from vigil.adapters.sqlite_queue import Delivery, SqliteQueue, Subscription
from vigil.errors import PermanentError
from vigil.ports import DeadLetter, Message

TERMS = Subscription("logs", ack_deadline=timedelta(seconds=60))


@pytest.fixture
def queue(open_queue: OpenQueue) -> SqliteQueue:
    return open_queue({"workers": TERMS})


def publish(queue: SqliteQueue, *texts: str) -> None:
    queue.publish("logs", [Message(text.encode()) for text in texts])


def texts(found: Sequence[Delivery | DeadLetter]) -> list[str]:
    return [each.message.data.decode() for each in found]


def ack_ids(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.ack_id for delivery in deliveries]


def test_a_message_comes_as_it_was_published(queue: SqliteQueue, clock: SetClock) -> None:
    message = Message(bytes(range(256)), {"event_type": "anomaly_detected", "ce-id": "ä\n😀"})
    queue.publish("logs", [message])
    clock.advance(5)

    [delivery] = queue.pull("workers", 10)

    assert delivery.message == message
    assert (delivery.published_at, delivery.attempt) == (NOON, 1)


def test_messages_of_one_instant_come_in_the_order_of_publication(queue: SqliteQueue) -> None:
    publish(queue, "a", "b", "c")
    publish(queue, "d")

    assert texts(queue.pull("workers", 3)) == ["a", "b", "c"]
    assert texts(queue.pull("workers", 3)) == ["d"]
    assert queue.pull("workers", 3) == []


def test_messages_that_are_due_again_at_one_instant_keep_their_order(
    queue: SqliteQueue, clock: SetClock
) -> None:
    publish(queue, "a", "b", "c")
    queue.nack("workers", ack_ids(queue.pull("workers", 3))[::-1])
    clock.advance(1)
    publish(queue, "d")

    assert texts(queue.pull("workers", 9)) == ["a", "b", "c", "d"]


def test_a_message_has_one_id_through_all_attempts(queue: SqliteQueue, clock: SetClock) -> None:
    publish(queue, "a", "b")
    first = queue.pull("workers", 2)
    clock.advance(60)
    second = queue.pull("workers", 2)

    assert [each.message_id for each in first] == [each.message_id for each in second]
    assert len({each.message_id for each in first}) == 2
    assert len({*ack_ids(first), *ack_ids(second)}) == 4


def test_b08_a_message_comes_again_when_its_lease_runs_out(
    queue: SqliteQueue, clock: SetClock
) -> None:
    publish(queue, "a")
    assert [each.attempt for each in queue.pull("workers", 1)] == [1]

    clock.advance(59.999999)
    assert queue.pull("workers", 1) == []
    clock.advance(0.000001)
    assert [each.attempt for each in queue.pull("workers", 1)] == [2]


def test_an_acknowledged_message_never_comes_again(queue: SqliteQueue, clock: SetClock) -> None:
    publish(queue, "a", "b")
    queue.ack("workers", ack_ids(queue.pull("workers", 1)))
    clock.advance(3600)

    assert texts(queue.pull("workers", 9)) == ["b"]


def test_an_ack_that_comes_late_but_before_the_next_attempt_counts(
    queue: SqliteQueue, clock: SetClock
) -> None:
    publish(queue, "a")
    late = ack_ids(queue.pull("workers", 1))
    clock.advance(61)
    queue.ack("workers", late)

    assert queue.count("workers") == 0


def redeliver(queue: SqliteQueue, clock: SetClock, _ack_ids: list[str]) -> None:
    clock.advance(61)
    queue.pull("workers", 1)


def refuse(queue: SqliteQueue, _clock: SetClock, ack_ids: list[str]) -> None:
    queue.nack("workers", ack_ids)


def refuse_and_redeliver(queue: SqliteQueue, clock: SetClock, ack_ids: list[str]) -> None:
    queue.nack("workers", ack_ids)
    redeliver(queue, clock, ack_ids)


def die_and_replay(queue: SqliteQueue, clock: SetClock, _ack_ids: list[str]) -> None:
    while queue.count("workers"):
        redeliver(queue, clock, _ack_ids)
    queue.dead_letters.replay("workers", lambda letter: None)
    queue.pull("workers", 1)


@pytest.mark.parametrize("answer", [SqliteQueue.ack, SqliteQueue.nack])
@pytest.mark.parametrize("happen", [redeliver, refuse, refuse_and_redeliver, die_and_replay])
def test_b08_the_answer_to_an_earlier_attempt_does_nothing(
    queue: SqliteQueue,
    clock: SetClock,
    answer: Callable[[SqliteQueue, str, Sequence[str]], None],
    happen: Callable[[SqliteQueue, SetClock, list[str]], None],
) -> None:
    publish(queue, "a")
    stale = ack_ids(queue.pull("workers", 1))
    happen(queue, clock, stale)
    before = queue.next_due_at("workers")

    answer(queue, "workers", stale)

    assert (queue.count("workers"), queue.next_due_at("workers")) == (1, before)


@pytest.mark.parametrize("ack_id", ["", "1", "1.", ".", "1.x", "x.1", "9.1", "1.1 OR 1"])
def test_an_ack_id_of_nothing_does_nothing(queue: SqliteQueue, ack_id: str) -> None:
    publish(queue, "a")
    queue.pull("workers", 1)
    queue.ack("workers", [ack_id])
    queue.nack("workers", [ack_id])

    assert queue.next_due_at("workers") == NOON + TERMS.ack_deadline


@pytest.mark.parametrize(
    ("minimum", "maximum", "waits"),
    [
        pytest.param(1, 600, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600], id="usual"),
        pytest.param(10, 600, [10, 20, 40, 80, 160, 320, 600], id="from ten seconds"),
        pytest.param(0.5, 0.5, [0.5, 0.5, 0.5], id="always the same"),
        pytest.param(3, 10, [3, 6, 10, 10], id="a maximum between two powers"),
    ],
)
def test_a_refused_message_waits_longer_each_time(
    open_queue: OpenQueue, clock: SetClock, minimum: float, maximum: float, waits: list[float]
) -> None:
    terms = Subscription(
        "logs",
        minimum_backoff=timedelta(seconds=minimum),
        maximum_backoff=timedelta(seconds=maximum),
    )
    queue = open_queue({"workers": terms})
    publish(queue, "a")

    for wait in waits:
        [delivery] = queue.pull("workers", 1)
        queue.nack("workers", [delivery.ack_id])
        assert queue.next_due_at("workers") == clock() + timedelta(seconds=wait)
        clock.advance(wait - 0.000001)
        assert queue.pull("workers", 1) == []
        clock.advance(0.000001)


def test_every_subscription_of_a_topic_gets_its_own_delivery(open_queue: OpenQueue) -> None:
    queue = open_queue(
        {"one": TERMS, "two": Subscription("logs"), "other": Subscription("batches")}
    )
    publish(queue, "a", "b")

    first, second = queue.pull("one", 9), queue.pull("two", 1)
    queue.ack("one", ack_ids(first))
    queue.ack("one", ack_ids(second))

    assert (texts(first), texts(second)) == (["a", "b"], ["a"])
    assert (queue.count("one"), queue.count("two"), queue.count("other")) == (0, 2, 0)
    assert texts(queue.pull("two", 9)) == ["b"]


def test_count_and_next_due_follow_a_message(queue: SqliteQueue, clock: SetClock) -> None:
    def seen() -> tuple[int, float | None]:
        due_at = queue.next_due_at("workers")
        return queue.count("workers"), None if due_at is None else (due_at - NOON).total_seconds()

    assert seen() == (0, None)
    publish(queue, "a", "b")
    assert seen() == (2, 0)
    clock.advance(5)
    leased = ack_ids(queue.pull("workers", 2))
    assert seen() == (2, 65)
    queue.nack("workers", leased[:1])
    assert seen() == (2, 6)
    queue.ack("workers", leased)
    assert seen() == (1, 6)


def test_a_topic_that_nobody_here_reads_takes_messages_and_keeps_none(queue: SqliteQueue) -> None:
    queue.publish("elsewhere", [Message(b"a")])

    assert queue.count("workers") == 0


def test_a_topic_that_nobody_named_is_refused(queue: SqliteQueue) -> None:
    with pytest.raises(PermanentError, match=r"elsewhere.*logs"):
        queue.publish("lgos", [Message(b"a")])


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda queue: queue.pull("worker", 1), id="pull"),
        pytest.param(lambda queue: queue.ack("worker", []), id="ack"),
        pytest.param(lambda queue: queue.nack("worker", []), id="nack"),
        pytest.param(lambda queue: queue.count("worker"), id="count"),
        pytest.param(lambda queue: queue.next_due_at("worker"), id="next_due_at"),
        pytest.param(lambda queue: queue.dead_letters.letters("worker", 1), id="letters"),
        pytest.param(lambda queue: queue.dead_letters.replay("worker", print), id="replay"),
        pytest.param(lambda queue: queue.dead_letters.unreported("worker", 1), id="unreported"),
    ],
)
def test_a_subscription_that_nobody_named_is_refused(
    queue: SqliteQueue, ask: Callable[[SqliteQueue], object]
) -> None:
    with pytest.raises(PermanentError, match="workers"):
        ask(queue)


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param(Message(b""), id="empty"),
        pytest.param(Message(b"x" * 10_000_001), id="more than 10 MB"),
        pytest.param(Message(b"x", {"a": "\ud800"}), id="a lone surrogate"),
    ],
)
def test_a_message_that_no_topic_takes_is_refused_with_all_beside_it(
    queue: SqliteQueue, unfit: Message
) -> None:
    with pytest.raises(PermanentError):
        queue.publish("logs", [Message(b"fit"), unfit])
    assert queue.count("workers") == 0
