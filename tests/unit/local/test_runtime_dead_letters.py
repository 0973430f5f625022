"""What the embedded runtime does with messages that never succeeded."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.contract.set_clock import SetClock
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.doors.assembly import Parts
from vigil.incidents import analyst
from vigil.local.runtime import ANALYZE, SUBSCRIPTIONS, LocalParts, Runtime
from vigil.ports import Message
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.workflows.batch_logs import Limits


def test_g4_dead_letters_of_every_subscription_are_forgotten_after_a_week(tmp_path: Path) -> None:
    clock = SetClock()
    with (
        closing(SqliteDocuments(":memory:", DECLARED)) as documents,
        closing(SqliteQueue(tmp_path / "queue.db", SUBSCRIPTIONS, clock)) as queue,
    ):
        registry = StoredRegistry(documents, clock)
        parts = Parts(
            documents=documents,
            publisher=queue,
            registry=registry,
            clock=clock,
            analyst=analyst,
            notifiers=(),
            public_url="https://vigil.example",
            is_own=lambda entry: False,
            limits=Limits(),
        )
        runtime = Runtime(LocalParts(parts, queue, registry))
        for topic in sorted({terms.topic for terms in SUBSCRIPTIONS.values()}):
            queue.publish(topic, [Message(b"jane.doe@example.com")])
        for _ in range(SUBSCRIPTIONS[ANALYZE].max_attempts + 1):
            for name in SUBSCRIPTIONS:
                queue.pull(name, 9)
            clock.advance(600)
        runtime.tick()

        clock.advance(timedelta(days=6).total_seconds())
        runtime.clean_up()
        assert [len(queue.dead_letters.letters(name, 9)) for name in SUBSCRIPTIONS] == [1, 1, 1, 1]
        clock.advance(timedelta(days=1).total_seconds())
        runtime.clean_up()
        assert [len(queue.dead_letters.letters(name, 9)) for name in SUBSCRIPTIONS] == [0, 0, 0, 0]
