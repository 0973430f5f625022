"""What is poison is set aside, seen, counted and brought back (FAULTS B09, G1), on both stacks."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.builders import raw_entry
from tests.dying_queues import TOPIC, WORKERS, DyingQueue, embedded_queue, google_queue
from tests.emulators import fresh_project_id
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.errors import TransientError
from vigil.local.dead_letter_desk import DeadLetterDesk
from vigil.logs.log_batch import LogBatch
from vigil.model.identity import content_id
from vigil.model.outcome import Outcomes
from vigil.ports import Message, Write
from vigil.stores.queries import DECLARED

SECRET = "the-password-of-jane"
GOOD = payments(20, status=500)
# Two services in one batch: what is wrong with it is wrong with the second alone.
POISON = [
    *payments(3, name="q"),
    *(
        raw_entry(
            insertId=f"z{number}",
            resource={"type": "global", "labels": {}},
            labels={"service": "zzz"},
            textPayload=f"password={SECRET}",
        )
        for number in range(2)
    ),
]
SET_ASIDE = Outcomes(received=25, processed=23, dead_lettered=2)
BACK = Outcomes(received=25, processed=25)


@dataclass(frozen=True, slots=True)
class Installation:
    """Vigil over a queue in which messages die, and the desk of its operator."""

    vigil: VigilInMemory
    queue: DyingQueue

    @property
    def desk(self) -> DeadLetterDesk:
        return DeadLetterDesk(self.queue.dead, self.vigil.workflows.dead_letters, [WORKERS])

    def send(self, entries: Sequence[dict[str, object]]) -> LogBatch:
        self.vigil.receive(entries)
        messages = [message for _, message in self.vigil.bus.waiting]
        self.vigil.bus.waiting.clear()
        self.queue.publisher.publish(TOPIC, messages)
        return LogBatch.parse(messages[0].data)

    def deliver(self) -> None:
        self.queue.deliver(WORKERS, self.handle)

    def handle(self, message: Message) -> None:
        self.vigil.workflows.detect_anomalies.handle(message.data)

    def account(self) -> None:
        """Account for all dead letters, as the runtime does, and the door of their topic."""
        for letter in self.queue.dead.letters(WORKERS, 99):
            self.vigil.give_up(letter.message.data, letter.dead_letter_id)

    def replay(self) -> int:
        [(_, count)] = self.desk.replay(None)
        return count


@pytest.fixture
def embedded() -> Iterator[Installation]:
    with VigilInMemory() as vigil, embedded_queue() as queue:
        yield Installation(vigil, queue)


@pytest.fixture
def google(pubsub_address: str, firestore_address: str) -> Iterator[Installation]:
    documents = FirestoreDocuments(fresh_project_id(), DECLARED, emulator_host=firestore_address)
    with (
        closing(documents),
        VigilInMemory(database=documents) as vigil,
        google_queue(pubsub_address) as queue,
    ):
        yield Installation(vigil, queue)


@pytest.fixture(params=["embedded", "google"])
def here(request: pytest.FixtureRequest) -> Installation:
    found: Installation = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def poisoned(here: Installation) -> Installation:
    """A good batch is done, another one failed for the last time at its second service."""
    here.send(GOOD)
    batch = here.send(POISON)
    poison = here.vigil.store.ledger.path(content_id("batch", batch.batch_id, "zzz"))

    def refuse_poison(writes: Sequence[Write]) -> None:
        if any(write.path == poison for write in writes):
            raise TransientError("this cannot be taken in")

    here.vigil.documents.before = refuse_poison
    here.deliver()
    here.vigil.documents.before = lambda writes: None
    here.account()
    return here


def test_b09_exactly_the_poison_is_set_aside_and_counted(poisoned: Installation) -> None:
    [letter] = poisoned.queue.dead.letters(WORKERS, 99)

    assert len(LogBatch.parse(letter.message.data).entries) == len(POISON)
    assert poisoned.vigil.outcomes() == SET_ASIDE


def test_b09_g4_an_operator_sees_what_was_set_aside_and_nothing_of_what_it_says(
    poisoned: Installation,
) -> None:
    [line] = poisoned.desk.lines(None, 99)

    subscription, _, published_at, died_at, attempts, size, kind, tenant_id, why = line.split("\t")
    assert (subscription, attempts, kind, tenant_id, why) == (
        WORKERS,
        "5",
        "log_batch",
        "acme",
        "-",
    )
    assert published_at <= died_at
    assert int(size) > 500
    assert SECRET not in line


def test_b09_g1_a_replay_takes_the_poison_out_of_the_count_and_everything_is_done(
    poisoned: Installation,
) -> None:
    assert poisoned.replay() == 1
    assert poisoned.vigil.outcomes() == Outcomes(received=23, processed=23)

    poisoned.deliver()
    assert poisoned.vigil.outcomes() == BACK
    assert list(poisoned.desk.lines(None, 99)) == []


def test_b09_g1_replaying_delivering_and_accounting_again_changes_nothing(
    poisoned: Installation,
) -> None:
    [letter] = poisoned.queue.dead.letters(WORKERS, 99)
    poisoned.replay()
    poisoned.deliver()
    for _ in range(2):
        # A push that comes late, and a message that is delivered twice.
        poisoned.vigil.give_up(letter.message.data, letter.dead_letter_id)
        poisoned.queue.publisher.publish(TOPIC, [letter.message])
        poisoned.deliver()
        assert poisoned.replay() == 0

    assert poisoned.vigil.outcomes() == BACK


def test_b09_g1_poison_that_is_replayed_too_early_is_set_aside_again(
    poisoned: Installation,
) -> None:
    def refuse_all(_writes: Sequence[Write]) -> None:
        raise TransientError("still broken")

    poisoned.replay()
    poisoned.vigil.documents.before = refuse_all
    poisoned.deliver()
    poisoned.vigil.documents.before = lambda writes: None
    poisoned.account()
    assert poisoned.vigil.outcomes() == SET_ASIDE

    assert poisoned.replay() == 1
    poisoned.deliver()
    assert poisoned.vigil.outcomes() == BACK


@pytest.mark.parametrize("step", ["before", "after"])
def test_b09_g1_a_replay_that_was_interrupted_is_finished_by_another(
    poisoned: Installation, step: str
) -> None:
    def fail(_writes: Sequence[Write]) -> None:
        raise TransientError("killed")

    setattr(poisoned.vigil.documents, step, fail)
    with pytest.raises(TransientError):
        poisoned.replay()
    setattr(poisoned.vigil.documents, step, lambda writes: None)
    assert poisoned.vigil.outcomes().balanced

    assert poisoned.replay() == 1
    poisoned.deliver()
    assert poisoned.vigil.outcomes() == BACK
