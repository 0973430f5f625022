"""What a Publisher promises: the embedded queue, and Pub/Sub on its emulator."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.contract.set_clock import SetClock
from tests.emulators import fresh_project_id
from tests.pubsub_project import PubsubProject
from vigil.adapters.delivery import Subscription
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.errors import PermanentError
from vigil.ports import Message, Publisher

TOPIC, UNREAD, READER = "logs", "elsewhere", "reader"
ATTRIBUTES = {"event_type": "anomaly_detected", "ce-id": "ä\n😀", "empty": ""}
# A publisher, and what returns and forgets all that its one reader has been sent.
Bus = tuple[Publisher, Callable[[], list[Message]]]


def taken(queue: SqliteQueue) -> list[Message]:
    found = queue.pull(READER, 10_000)
    queue.ack(READER, [each.ack_id for each in found])
    return [each.message for each in found]


@pytest.fixture
def embedded() -> Iterator[Bus]:
    subscriptions = {READER: Subscription(TOPIC)}
    with closing(SqliteQueue(":memory:", subscriptions, SetClock(), topics=[UNREAD])) as queue:
        yield queue, lambda: taken(queue)


@pytest.fixture
def google(pubsub_address: str) -> Iterator[Bus]:
    with PubsubProject(pubsub_address, fresh_project_id()) as project:
        project.create_topic(TOPIC)
        project.create_topic(UNREAD)
        project.subscribe(READER, TOPIC, ordered=True)
        yield project.publisher, lambda: project.take(READER)


@pytest.fixture(params=["embedded", "google"])
def bus(request: pytest.FixtureRequest) -> Bus:
    found: Bus = request.getfixturevalue(request.param)
    return found


def sorted_by_data(messages: list[Message]) -> list[Message]:
    return sorted(messages, key=lambda message: message.data)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Message(bytes(range(256)), ATTRIBUTES), id="any bytes and texts"),
        pytest.param(Message(b"", {"event_type": "tick"}), id="attributes alone"),
        pytest.param(Message(b"data alone"), id="data alone"),
        pytest.param(Message(b"x", {"k" * 256: "v" * 1024}), id="attributes of the longest"),
        pytest.param(Message(b"x" * 9_990_000), id="a message of almost 10 MB"),
        pytest.param(Message(b"x", {}, "acme/INC-1"), id="with an ordering key"),
    ],
)
def test_a_message_arrives_as_it_was_published(bus: Bus, message: Message) -> None:
    publisher, take = bus
    publisher.publish(TOPIC, [message])

    [arrived] = take()
    assert (arrived.data, arrived.attributes) == (message.data, message.attributes)


def test_a_long_list_arrives_whole(bus: Bus) -> None:
    publisher, take = bus
    messages = [Message(b"%04d" % number) for number in range(2001)]
    publisher.publish(TOPIC, messages)

    assert sorted_by_data(take()) == messages


def test_a_list_of_large_messages_arrives_whole(bus: Bus) -> None:
    publisher, take = bus
    messages = [Message(b"%d" % number + b"x" * 3_500_000) for number in range(4)]
    publisher.publish(TOPIC, messages)

    assert sorted_by_data(take()) == messages


def test_messages_of_one_key_arrive_in_the_order_of_their_publication(bus: Bus) -> None:
    publisher, take = bus
    steps = [Message(b"step %d" % number, {}, "acme/INC-1") for number in range(9)]
    others = [Message(b"other %d" % number, {}, "acme/INC-2") for number in range(9)]
    for step, other in zip(steps, others, strict=True):
        publisher.publish(TOPIC, [step, other])

    arrived = [message.data for message in take()]

    assert [data for data in arrived if data.startswith(b"step")] == [m.data for m in steps]
    assert [data for data in arrived if data.startswith(b"other")] == [m.data for m in others]


def test_nothing_to_publish_is_nothing_wrong(bus: Bus) -> None:
    publisher, take = bus
    publisher.publish(TOPIC, [])

    assert take() == []


def test_a_topic_without_readers_takes_messages(bus: Bus) -> None:
    publisher, take = bus
    publisher.publish(UNREAD, [Message(b"x")])

    assert take() == []


def test_an_unknown_topic_is_named(bus: Bus) -> None:
    publisher, _ = bus
    with pytest.raises(PermanentError, match=r"no topic '?unheard-of"):
        publisher.publish("unheard-of", [Message(b"x")])


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Message(b""), id="nothing at all"),
        pytest.param(Message(b"x" * 10_000_001), id="more than 10 MB"),
        pytest.param(Message(b"x" * 9_999_999, {"key": "value"}), id="too much with attributes"),
        pytest.param(Message(b"x", {"k" * 257: "v"}), id="a long key"),
        pytest.param(Message(b"x", {"": "v"}), id="an empty key"),
        pytest.param(Message(b"x", {"googclient": "v"}), id="a key of Pub/Sub's own"),
        pytest.param(Message(b"x", {"k": "v" * 1025}), id="a long value"),
        pytest.param(Message(b"x", {"k": "ä" * 513}), id="a value with long letters"),
        pytest.param(Message(b"x", {"k": "\ud800"}), id="half a letter"),
        pytest.param(Message(b"x", {"k": 1}), id="a number"),  # type: ignore[dict-item] # refused
        pytest.param(Message(b"x", {f"k{n}": "v" for n in range(101)}), id="too many attributes"),
        pytest.param(Message(b"x", {}, "k" * 1025), id="a long ordering key"),
    ],
)
def test_what_pubsub_would_not_take_is_refused_with_all_that_comes_with_it(
    bus: Bus, message: Message
) -> None:
    publisher, take = bus
    with pytest.raises(PermanentError):
        publisher.publish(TOPIC, [Message(b"good"), message])

    assert take() == []
