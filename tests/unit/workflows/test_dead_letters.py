"""What was given up is counted once, whatever it was; what comes back is taken out again."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import permutations

import pytest

from tests.builders import raw_entry
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import TransientError
from vigil.model.outcome import Outcomes
from vigil.ports import Document, Message, Write
from vigil.stores.queries import ALERTS, USAGE
from vigil.stores.usage import outcomes_of
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.dead_letters import BATCH_LOGS

OWN = {"type": "cloud_run_revision", "labels": {"service_name": "vigil-api"}}
GLOBAL = {"type": "global", "labels": {}}
OTHER = [raw_entry(insertId=f"o{n}", resource=GLOBAL, labels={"service": "z"}) for n in "ab"]
# Of six entries three are of one service, two of another, and one is our own.
ENTRIES = [*payments(3), *OTHER, raw_entry(resource=OWN)]
GIVEN_UP = Outcomes(received=6, dead_lettered=5, filtered=1)
DONE = Outcomes(received=6, processed=5, filtered=1)
HALF_DONE = Outcomes(received=6, processed=3, dead_lettered=2, filtered=1)


def batch_of(vigil: VigilInMemory, entries: Sequence[dict[str, object]] = ENTRIES) -> Message:
    """Return the message of one batch of `entries`, which is not delivered."""
    vigil.receive(entries)
    topic, message = vigil.bus.waiting.pop()
    assert topic == BATCHES
    return message


def do_half(vigil: VigilInMemory, batch: Message) -> None:
    """Let the first service's part be done, and no other."""

    def fail_at_second(_writes: Sequence[Write]) -> None:
        if any(vigil.documents.paths("ledger")):
            raise TransientError("not now")

    vigil.documents.before = fail_at_second
    with pytest.raises(TransientError):
        vigil.workflows.detect_anomalies.handle(batch.data)
    vigil.documents.before = lambda writes: None


def handle(vigil: VigilInMemory, batch: Message) -> None:
    vigil.workflows.detect_anomalies.handle(batch.data)


def counters(vigil: VigilInMemory) -> list[Document]:
    return vigil.database.query(USAGE, parent=vigil.store.root)


def test_b09_a_dead_letter_is_counted_once() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        for letter_id in ("d1", "d1", "d2"):
            vigil.give_up(batch.data, letter_id)

            assert vigil.outcomes() == GIVEN_UP


def test_b09_of_a_dead_letter_what_was_done_stays_done() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        do_half(vigil, batch)
        vigil.give_up(batch.data)
        assert vigil.outcomes() == HALF_DONE

        vigil.revive(batch.data)
        assert vigil.outcomes() == Outcomes(received=4, processed=3, filtered=1)

        handle(vigil, batch)
        assert vigil.outcomes() == DONE


def test_b09_reviving_twice_changes_nothing_more() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        vigil.give_up(batch.data)
        for _ in range(2):
            vigil.revive(batch.data)
            assert vigil.outcomes() == Outcomes()

        handle(vigil, batch)
        vigil.revive(batch.data)
        assert vigil.outcomes() == DONE


def test_b09_a_revived_batch_that_comes_more_than_once_is_done_once() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil, payments(40, status=500))
        vigil.give_up(batch.data)
        vigil.revive(batch.data)
        for _ in range(3):
            handle(vigil, batch)
        vigil.settle()

        assert vigil.outcomes() == Outcomes(received=40, processed=40)
        assert vigil.notifier.told() == [("pager", "opened")]
        assert len(vigil.store.alerts.query(ALERTS)) == 1


def test_b09_a_replayed_batch_that_dies_again_is_counted_again_and_can_come_back_again() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        for letter_id in ("d1", "d2"):
            vigil.give_up(batch.data, letter_id)
            assert vigil.outcomes() == GIVEN_UP
            vigil.revive(batch.data, letter_id)
        handle(vigil, batch)

        assert vigil.outcomes() == DONE


STEPS: dict[str, Callable[[VigilInMemory, Message], None]] = {
    "account": lambda vigil, batch: vigil.give_up(batch.data),
    "account again": lambda vigil, batch: vigil.give_up(batch.data),
    "revive": lambda vigil, batch: vigil.revive(batch.data),
    "handle": handle,
}


@pytest.mark.parametrize("half", [False, True], ids=["nothing done", "half done"])
@pytest.mark.parametrize(
    "order",
    [
        order
        for order in permutations(STEPS)
        # What is replayed is revived first.
        if order.index("revive") < order.index("handle")
    ],
    ids=" - ".join,
)
def test_b09_g1_in_any_order_everything_is_done_in_the_end_and_adds_up_all_the_time(
    order: tuple[str, ...], half: bool
) -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        if half:
            do_half(vigil, batch)
        for step in order:
            STEPS[step](vigil, batch)
            assert vigil.outcomes().balanced

        assert vigil.outcomes() == DONE


def test_b09_g1_a_day_later_the_count_of_no_day_becomes_negative() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        vigil.give_up(batch.data)
        vigil.clock.advance(timedelta(days=1).total_seconds())
        vigil.revive(batch.data)
        handle(vigil, batch)

        by_day = [outcomes_of(d.fields) for d in counters(vigil)]  # type: ignore[arg-type] # counts
        assert all(each.balanced and each.received >= 0 for each in by_day)
        assert vigil.outcomes() == DONE


def test_b09_what_was_done_of_it_is_known_for_as_long_as_it_can_come_back() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        do_half(vigil, batch)
        vigil.give_up(batch.data)
        vigil.clock.advance(timedelta(days=30).total_seconds())
        vigil.workflows.cleanup.run()
        vigil.revive(batch.data)
        handle(vigil, batch)

        assert vigil.outcomes() == DONE


def test_b09_nothing_is_counted_by_halves() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        vigil.give_up(batch.data)
        vigil.revive(batch.data)

        assert len(vigil.documents.commits) == 2


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(lambda v, b: v.give_up(b.data, "d2"), id="account"),
        pytest.param(lambda v, b: v.revive(b.data, "d2"), id="revive"),
    ],
)
def test_b09_who_loses_a_race_looks_again(
    step: Callable[[VigilInMemory, Message], None],
) -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil)
        vigil.give_up(batch.data)

        def handled_meanwhile(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            vigil.revive(batch.data)
            handle(vigil, batch)

        vigil.documents.before = handled_meanwhile
        step(vigil, batch)

        assert vigil.outcomes() == DONE


def entry_step(vigil: VigilInMemory, step: str, letter_id: str = "e1") -> None:
    work = getattr(vigil.workflows.dead_letters, step)
    work(BATCH_LOGS, letter_id, {}, b"{}")


def test_b09_an_entry_that_was_given_up_is_counted_once_for_its_id() -> None:
    with VigilInMemory() as vigil:
        for letter_id in ("e1", "e1", "e2"):
            entry_step(vigil, "account", letter_id)

        assert vigil.outcomes_of_nobody() == Outcomes(received=2, dead_lettered=2)


@pytest.mark.parametrize(
    "order", sorted(set(permutations(["account", "account", "revive", "revive"]))), ids=" - ".join
)
def test_b09_an_entry_that_comes_back_is_not_counted_any_more(order: tuple[str, ...]) -> None:
    with VigilInMemory() as vigil:
        for step in order:
            entry_step(vigil, step)
            assert vigil.outcomes_of_nobody().balanced

        assert vigil.outcomes_of_nobody() == Outcomes()


def test_what_holds_no_entries_is_counted_nowhere() -> None:
    with VigilInMemory() as vigil:
        for work in (vigil.workflows.dead_letters.account, vigil.workflows.dead_letters.revive):
            work("manage-alerts", "m1", {"event_type": "anomaly_detected"}, b"{}")
            work(BATCH_LOGS, "h1", {"event_type": "heartbeat"}, b"")

        assert vigil.documents.commits == []
