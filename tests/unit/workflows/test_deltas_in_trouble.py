"""Deltas that cannot be read, or are too many, stop no batch (FAULTS B02)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.unit.workflows.test_hot_services import (
    PACE,
    Killed,
    batch_of,
    die,
    heated,
    state_commits,
    take,
    waiting,
)
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.model.outcome import Outcomes
from vigil.ports import Delete, Message, Put, Write
from vigil.stores import deltas
from vigil.stores.deltas import Deltas, TickDelta
from vigil.stores.queries import EXPIRED


def leave(vigil: VigilInMemory, batch: Message) -> None:
    """Leave the delta of a batch, and die."""
    vigil.meanwhile.append(die)
    with pytest.raises(Killed):
        take(vigil, batch)


def spoil(vigil: VigilInMemory, damage: dict[str, object]) -> None:
    """Replace fields of the one delta that waits."""
    [left] = vigil.database.query(EXPIRED["deltas"], bound=NOON + timedelta(days=9))
    vigil.database.commit([Put(left.path, {**left.fields, **damage})])


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"windows": b"damaged"}, id="damaged"),
        pytest.param({"outcomes": {"received": 3, "unheard_of": 3}}, id="of another version"),
        pytest.param({"digests": None}, id="of another shape"),
    ],
)
def test_a_delta_that_cannot_be_read_stops_nobody(damage: dict[str, object]) -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        lost = batch_of(vigil, payments(3))
        leave(vigil, lost)
        spoil(vigil, damage)
        take(vigil, batch_of(vigil, payments(4, name="next")))
        assert vigil.outcomes() == Outcomes(received=6, processed=6)
        assert waiting(vigil) == 0
        take(vigil, lost)

        assert vigil.outcomes() == Outcomes(received=9, processed=9)
        assert waiting(vigil) == 0


def test_a_batch_whose_own_delta_cannot_be_read_is_taken_in_with_one_commit() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        vigil.meanwhile.append(lambda: spoil(vigil, {"windows": b"damaged"}))
        take(vigil, batch_of(vigil, payments(3)))

        assert len(state_commits(vigil)) == 2
        assert vigil.outcomes() == Outcomes(received=5, processed=5)
        assert waiting(vigil) == 0


def test_a_tick_that_cannot_be_read_stops_nobody() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        left = Deltas(vigil.database, vigil.store.root, "cart")
        tick = left.put_tick(TickDelta(NOON, frozenset(), NOON))
        vigil.database.commit([replace(tick, fields={**tick.fields, "watermark_at": "noon"})])
        vigil.clock.advance(2)
        take(vigil, batch_of(vigil, payments(3)))

        assert vigil.outcomes() == Outcomes(received=5, processed=5)
        assert waiting(vigil) == 0


def test_b02_a_batch_behind_more_deltas_than_a_commit_takes_in_is_taken_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deltas, "_AT_ONCE", 2)
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        for number in range(3):
            leave(vigil, batch_of(vigil, payments(3, name=f"dead{number}")))
            vigil.clock.advance(0.1)
        take(vigil, batch_of(vigil, payments(3)))
        assert len(state_commits(vigil)) == 2
        assert vigil.outcomes() == Outcomes(received=11, processed=11)
        # The third of the dead, and the one whose entries are in it.
        assert waiting(vigil) == 2
        vigil.clock.advance(2)
        take(vigil, batch_of(vigil, payments(1, name="next")))

        assert vigil.outcomes() == Outcomes(received=15, processed=15)
        assert waiting(vigil) == 0


def test_a_delta_that_outlives_the_ledger_key_of_its_work_is_not_folded_again() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        batch = batch_of(vigil, payments(3))
        take(vigil, batch)
        # Left by a second delivery that had looked for the key before the first one was done.
        [late] = [w for c in vigil.documents.commits for w in c if is_delta(w)]
        vigil.database.commit([late])
        vigil.clock.advance(timedelta(days=2).total_seconds())
        for name in ("ledger", "seen"):
            gone = vigil.database.query(EXPIRED[name], bound=vigil.clock.now)
            assert gone
            vigil.database.commit([Delete(document.path) for document in gone])
        assert waiting(vigil) == 1
        for name in ("a", "b"):
            vigil.clock.advance(2)
            take(vigil, batch_of(vigil, payments(1, at=vigil.clock.now, name=name)))

        assert vigil.outcomes() == Outcomes(received=7, processed=7)
        assert waiting(vigil) == 0


def is_delta(write: Write) -> bool:
    return isinstance(write, Put) and "/deltas/" in write.path
