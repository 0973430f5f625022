"""What an operator sees of dead letters, whoever wrote them."""

from contextlib import closing
from pathlib import Path

from tests.contract.set_clock import SetClock
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.local.dead_letter_desk import DeadLetterDesk
from vigil.local.runtime import SUBSCRIPTIONS
from vigil.ports import Message
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.workflows.batch_logs import TOPIC
from vigil.workflows.dead_letters import DETECT, DeadLetterAccounts


def test_g4_what_attributes_of_a_dead_letter_say_is_redacted(tmp_path: Path) -> None:
    clock = SetClock()
    said = {"event_type": "password=hunter2", "tenant_id": "jane@example.com\x1b[2J"}
    with (
        closing(SqliteDocuments(":memory:", DECLARED)) as documents,
        closing(SqliteQueue(tmp_path / "queue.db", SUBSCRIPTIONS, clock)) as queue,
    ):
        queue.publish(TOPIC, [Message(b"", said)])
        while found := queue.pull(DETECT, 1):
            queue.nack(DETECT, [found[0].ack_id])
            clock.advance(600)
        registry = StoredRegistry(documents, clock)
        accounts = DeadLetterAccounts(documents=documents, registry=registry, clock=clock)

        [line] = DeadLetterDesk(queue.dead_letters, accounts, [DETECT]).lines(None, 9)

    assert line.split("\t")[6:8] == ["password=[SECRET]", "[EMAIL]"]
