"""A service that is written too often leaves deltas, and one commit folds them (FAULTS B02)."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, raw_entry
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.model.outcome import Outcomes
from vigil.ports import Message, Write
from vigil.stores.queries import ANOMALIES, EXPIRED
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.service_pace import Pace

PACE = Pace(timedelta(seconds=1.1))
OWN = {"type": "cloud_run_revision", "labels": {"service_name": "vigil-api"}}


class Killed(BaseException):
    """The process was killed."""


def die() -> None:
    raise Killed


def batch_of(vigil: VigilInMemory, entries: Sequence[dict[str, object]]) -> Message:
    """Return the message of one batch of `entries`, which is not delivered."""
    vigil.receive(entries)
    topic, message = vigil.bus.waiting.pop()
    assert topic == BATCHES
    return message


def take(vigil: VigilInMemory, batch: Message) -> None:
    vigil.workflows.detect_anomalies.handle(batch.data)


def heated(vigil: VigilInMemory) -> None:
    """Take in a first batch of two, so that the service was written just now."""
    take(vigil, batch_of(vigil, payments(2, name="first")))


def waiting(vigil: VigilInMemory) -> int:
    return len(vigil.database.query(EXPIRED["deltas"], bound=NOON + timedelta(days=9)))


def state_commits(vigil: VigilInMemory) -> list[list[Write]]:
    return [c for c in vigil.documents.commits if any("/baselines/" in w.path for w in c)]


def test_b02_a_service_that_is_not_hot_is_written_at_once() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        vigil.clock.advance(1.1)
        take(vigil, batch_of(vigil, payments(3)))

        assert vigil.clock.now == NOON + timedelta(seconds=1.1)
        assert len(state_commits(vigil)) == 2
        assert vigil.outcomes() == Outcomes(received=5, processed=5)


def test_b02_what_comes_to_a_hot_service_waits_and_is_folded_in_one_commit() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        batches = [batch_of(vigil, payments(3, name=f"n{number}")) for number in range(6)]
        for batch in batches[1:]:
            vigil.meanwhile.append(partial(take, vigil, batch))
        take(vigil, batches[0])

        assert len(state_commits(vigil)) == 2
        assert waiting(vigil) == 0
        assert vigil.outcomes() == Outcomes(received=20, processed=20)
        assert vigil.counters()["batches"] == 7
        assert vigil.clock.now - NOON < timedelta(seconds=2)


def test_b02_each_document_is_written_at_most_once_a_second() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        written: dict[str, list[float]] = {}

        def record(writes: Sequence[Write]) -> None:
            for write in writes:
                at = (vigil.clock.now - NOON).total_seconds()
                written.setdefault(write.path, []).append(at)

        vigil.documents.before = record
        heated(vigil)
        for number in range(30):
            mine, theirs = (batch_of(vigil, payments(2, name=f"{w}{number}")) for w in "ab")
            vigil.meanwhile.append(partial(take, vigil, theirs))
            take(vigil, mine)

        hot = {path: at for path, at in written.items() if len(at) > 2}
        assert any("/baselines/" in path for path in hot)
        assert any("/seen/" in path for path in hot)
        assert any("/usage/" in path for path in hot)
        for at in hot.values():
            assert min(later - earlier for earlier, later in pairwise(at)) >= 1


def test_b02_a_delta_is_written_once_and_removed_once_however_often_it_is_dropped() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        mine = batch_of(vigil, payments(4))
        theirs = batch_of(vigil, [*payments(4), *payments(1, name="more")])
        vigil.meanwhile.append(partial(take, vigil, theirs))
        take(vigil, mine)

        written = [path for commit in vigil.documents.paths("deltas") for path in commit]
        # Left and removed, and what was dropped once more at another place.
        assert sorted(Counter(written).values()) == [2, 2, 2]
        assert vigil.outcomes() == Outcomes(received=11, processed=7, duplicate=4)


@pytest.mark.parametrize("shared", [1, 4])
def test_a01_an_entry_in_two_deltas_counts_once(shared: int) -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        mine = batch_of(vigil, payments(4))
        theirs = batch_of(vigil, [*payments(4)[:shared], *payments(3, name="more")])
        vigil.meanwhile.append(partial(take, vigil, theirs))
        take(vigil, mine)

        assert vigil.outcomes() == Outcomes(received=9 + shared, processed=9, duplicate=shared)
        assert waiting(vigil) == 0


def test_b02_a_process_that_dies_while_it_waits_has_its_batch_redelivered() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        batch = batch_of(vigil, [*payments(3), raw_entry(resource=OWN)])
        vigil.meanwhile.append(die)
        with pytest.raises(Killed):
            take(vigil, batch)
        assert waiting(vigil) == 1
        for _ in range(2):
            take(vigil, batch)

        assert vigil.outcomes() == Outcomes(received=6, processed=5, filtered=1)
        assert waiting(vigil) == 0


def test_b02_what_a_dead_process_left_is_folded_by_the_next_batch() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        lost = batch_of(vigil, payments(3))
        vigil.meanwhile.append(die)
        with pytest.raises(Killed):
            take(vigil, lost)
        vigil.clock.advance(5)
        take(vigil, batch_of(vigil, payments(4, name="next")))
        assert vigil.outcomes() == Outcomes(received=9, processed=9)
        take(vigil, lost)

        assert vigil.outcomes() == Outcomes(received=9, processed=9)


def test_b02_a_batch_delivered_twice_at_the_same_time_counts_once() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        batch = batch_of(vigil, payments(3))
        vigil.meanwhile.append(partial(take, vigil, batch))
        take(vigil, batch)

        assert vigil.outcomes() == Outcomes(received=5, processed=5)


def test_g1_a_delta_whose_batch_was_given_up_is_not_counted_again() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        lost = batch_of(vigil, payments(3))
        vigil.meanwhile.append(die)
        with pytest.raises(Killed):
            take(vigil, lost)
        vigil.give_up(lost.data)
        vigil.clock.advance(5)
        take(vigil, batch_of(vigil, payments(1, name="next")))

        assert vigil.outcomes() == Outcomes(received=6, processed=3, dead_lettered=3)
        assert waiting(vigil) == 0


def test_b02_a_hot_service_is_judged_with_its_next_commit() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        take(vigil, batch_of(vigil, payments(40, status=500)))
        vigil.clock.advance(200)
        take(vigil, batch_of(vigil, payments(1, at=NOON + timedelta(seconds=195), name="late")))
        next_one = batch_of(vigil, payments(1, at=NOON + timedelta(seconds=196), name="next"))
        vigil.clock.advance(0.5)
        vigil.meanwhile.append(partial(take, vigil, next_one))
        before = len(state_commits(vigil))
        vigil.tick()

        assert len(state_commits(vigil)) == before + 1
        assert len(vigil.store.anomalies.query(ANOMALIES)) > 0
        assert vigil.notifier.told() == [("pager", "opened")]
        assert vigil.outcomes() == Outcomes(received=42, processed=42)
        assert waiting(vigil) == 0


def test_b02_a_hot_service_that_has_cooled_is_judged_by_the_tick_itself() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        take(vigil, batch_of(vigil, payments(40, status=500)))
        vigil.clock.advance(200)
        take(vigil, batch_of(vigil, payments(1, at=NOON + timedelta(seconds=195), name="late")))
        vigil.tick()

        assert vigil.notifier.told() == [("pager", "opened")]
        assert waiting(vigil) == 0
        assert vigil.clock.now - NOON < timedelta(seconds=202)


@given(
    cuts=st.lists(st.integers(0, 60), max_size=6),
    waits=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_a02_hot_or_not_the_same_entries_give_the_same(cuts: list[int], waits: list[bool]) -> None:
    entries = [*payments(30), *payments(30, status=500, name="f")]
    bounds = sorted({0, 60, *cuts})
    parts = [entries[a:b] for a, b in pairwise(bounds)]
    with VigilInMemory() as usual, VigilInMemory(pace=PACE) as hot:
        usual.receive(entries)
        batches = [batch_of(hot, part) for part in parts]
        for batch, waits_for_it in zip(batches[1:], waits, strict=False):
            if waits_for_it:
                hot.meanwhile.append(partial(take, hot, batch))
        for batch in batches:
            take(hot, batch)
        for vigil in (usual, hot):
            vigil.settle()

        assert hot.outcomes() == usual.outcomes()
        assert hot.store.anomalies.query(ANOMALIES) != []
        assert [s.value for s in hot.store.anomalies.query(ANOMALIES)] == [
            s.value for s in usual.store.anomalies.query(ANOMALIES)
        ]
