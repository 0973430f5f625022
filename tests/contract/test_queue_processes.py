"""What the queue promises when processes share it, and die."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.children import child, said, tell
from tests.contract.conftest import OpenQueue
from tests.contract.set_clock import NOON, SetClock
from vigil.adapters.sqlite_queue import SqliteQueue, Subscription
from vigil.ports import Message

TERMS = {"workers": Subscription("logs", ack_deadline=timedelta(seconds=60))}
OPEN = """
import sys
from datetime import datetime, timedelta
from vigil.adapters.sqlite_queue import SqliteQueue, Subscription
from vigil.ports import Message
terms = {"workers": Subscription("logs", ack_deadline=timedelta(seconds=60))}
queue = SqliteQueue(sys.argv[1], terms, lambda: datetime.fromisoformat(sys.argv[2]))
"""
HOLD_A_LEASE = f"""{OPEN}
[delivery] = queue.pull("workers", 1)
print(delivery.message_id, flush=True)
sys.stdin.read()
"""
PUBLISH = f"""{OPEN}
queue.publish("logs", [Message(b"kept"), Message(b"too")])
print("published", flush=True)
sys.stdin.read()
"""
PULL_ALL = f"""{OPEN}
print("ready", flush=True)
sys.stdin.readline()
got = []
while deliveries := queue.pull("workers", 7):
    got += [delivery.message.data.decode() for delivery in deliveries]
print(" ".join(got), flush=True)
"""


def test_b07_a_message_whose_process_is_killed_comes_again(tmp_path: Path) -> None:
    path, clock = tmp_path / "queue.db", SetClock()
    with closing(SqliteQueue(path, TERMS, clock)) as queue:
        queue.publish("logs", [Message(b"a")])
        with child(HOLD_A_LEASE, str(path), NOON.isoformat()) as holder:
            leased = said(holder)
            holder.kill()
            assert holder.wait() == -9

        clock.advance(59)
        assert queue.pull("workers", 1) == []
        clock.advance(1)
        [again] = queue.pull("workers", 1)

    assert (again.message_id, again.message.data, again.attempt) == (leased, b"a", 2)


def test_b07_what_is_published_survives_its_publisher(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    with child(PUBLISH, str(path), NOON.isoformat()) as publisher:
        assert said(publisher) == "published"
        publisher.kill()
        publisher.wait()

    with closing(SqliteQueue(path, TERMS, SetClock())) as queue:
        assert [each.message.data for each in queue.pull("workers", 9)] == [b"kept", b"too"]


def test_two_processes_pull_different_messages(tmp_path: Path) -> None:
    path, everything = tmp_path / "queue.db", {str(number) for number in range(500)}
    with closing(SqliteQueue(path, TERMS, SetClock())) as queue:
        queue.publish("logs", [Message(text.encode()) for text in sorted(everything)])
    arguments = (PULL_ALL, str(path), NOON.isoformat())

    with child(*arguments) as one, child(*arguments) as other:
        assert said(one) == said(other) == "ready"
        tell(one, "go")
        tell(other, "go")
        got = said(one).split() + said(other).split()

    assert len(got) == len(everything)
    assert set(got) == everything


def test_threads_pull_different_messages(open_queue: OpenQueue) -> None:
    queue = open_queue(TERMS)
    everything = {b"%d" % number for number in range(200)}
    queue.publish("logs", [Message(data) for data in sorted(everything)])

    def pull_all(_worker: int) -> list[bytes]:
        got: list[bytes] = []
        while deliveries := queue.pull("workers", 3):
            got += [delivery.message.data for delivery in deliveries]
            queue.ack("workers", [delivery.ack_id for delivery in deliveries])
        return got

    with ThreadPoolExecutor(8) as pool:
        got = [data for part in pool.map(pull_all, range(8)) for data in part]

    assert len(got) == len(everything)
    assert set(got) == everything
    assert queue.count("workers") == 0
