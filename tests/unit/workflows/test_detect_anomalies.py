"""Batches are taken in once, whatever arrives again, and ticks judge them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import NOON, raw_entry
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import PermanentError, PreconditionFailed, TransientError
from vigil.logs.log_batch import LogBatch
from vigil.model.outcome import Outcomes
from vigil.ports import Message, Write
from vigil.stores.queries import ANOMALIES, INCIDENTS
from vigil.workflows.batch_logs import TOPIC as BATCHES

OWN = {"type": "cloud_run_revision", "labels": {"service_name": "vigil-api"}}
GLOBAL = {"type": "global", "labels": {}}


def found(vigil: VigilInMemory) -> list[tuple[str, object]]:
    """Return what was found and what became of it."""
    anomalies = [(s.value.anomaly_id, s.value) for s in vigil.store.anomalies.query(ANOMALIES)]
    incidents = [(s.value.incident_id, s.value) for s in vigil.store.incidents.query(INCIDENTS)]
    return [*anomalies, *incidents, *(("told", told) for told in vigil.notifier.told())]


def batch_of(vigil: VigilInMemory, entries: Sequence[dict[str, object]]) -> Message:
    """Return the message of one batch of `entries`, which is not delivered."""
    vigil.receive(entries)
    topic, message = vigil.bus.waiting.pop()
    assert topic == BATCHES
    return message


def outage(times: int, *, apart: bool) -> VigilInMemory:
    """Return an installation that got an outage's entries `times` times over."""
    vigil = VigilInMemory()
    failing = payments(40, status=500)
    if apart:
        for _ in range(times):
            vigil.receive(failing)
    else:
        vigil.receive(failing * times)
    vigil.settle()
    return vigil


@pytest.mark.parametrize(
    "apart",
    [pytest.param(False, id="in one batch"), pytest.param(True, id="in a batch each")],
)
@pytest.mark.parametrize("times", [1, 2, 3, 4, 5])
def test_a01_entries_that_come_several_times_count_as_one(times: int, apart: bool) -> None:
    with outage(1, apart=False) as once, outage(times, apart=apart) as often:
        assert often.outcomes() == Outcomes(
            received=40 * times, processed=40, duplicate=40 * (times - 1)
        )
        assert found(often) == found(once)
        assert once.notifier.told() == [("pager", "opened")]


def test_a01_a_redelivered_batch_changes_nothing() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil, [*payments(3), raw_entry(resource=OWN)])
        for _ in range(3):
            vigil.workflows.detect_anomalies.handle(batch.data)

        assert vigil.outcomes() == Outcomes(received=4, processed=3, filtered=1)
        assert vigil.counters()["batches"] == 1


def test_a01_an_entry_that_comes_after_the_horizon_is_late_and_wakes_nobody() -> None:
    with outage(1, apart=False) as vigil:
        vigil.settle(31 * 60)
        before = found(vigil)
        vigil.workflows.cleanup.run()
        vigil.receive(payments(40, status=500))
        vigil.settle(300)

        assert vigil.outcomes() == Outcomes(received=80, processed=80, late=40)
        assert found(vigil) == before


def test_g1_entries_without_a_service_are_counted_beside_rejected_ones() -> None:
    nameless = raw_entry(logName="projects/shop/logs/", resource=GLOBAL)
    with VigilInMemory() as vigil:
        vigil.receive([nameless, raw_entry(resource=OWN)])
        vigil.deliver()

        assert vigil.outcomes() == Outcomes(received=2, processed=1, filtered=1)


def test_a_lost_race_is_run_again_and_nothing_is_lost() -> None:
    with VigilInMemory() as vigil:
        mine, theirs = batch_of(vigil, payments(3)), batch_of(vigil, payments(4, name="theirs"))

        def lose_once(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            vigil.workflows.detect_anomalies.handle(theirs.data)

        vigil.documents.before = lose_once
        vigil.workflows.detect_anomalies.handle(mine.data)

        assert vigil.outcomes() == Outcomes(received=7, processed=7)


def test_a_race_that_is_always_lost_lets_the_batch_come_again() -> None:
    with VigilInMemory() as vigil:
        batch = batch_of(vigil, payments(3))

        def lose(_writes: Sequence[Write]) -> None:
            raise PreconditionFailed("somebody else")

        vigil.documents.before = lose
        with pytest.raises(TransientError):
            vigil.workflows.detect_anomalies.handle(batch.data)
        assert vigil.outcomes() == Outcomes()

        vigil.documents.before = lambda writes: None
        vigil.workflows.detect_anomalies.handle(batch.data)
        assert vigil.outcomes() == Outcomes(received=3, processed=3)


@pytest.mark.parametrize("races", [1, 5, 6])
def test_a_tick_that_loses_races_looks_again_and_at_last_leaves_it_to_the_next(races: int) -> None:
    with VigilInMemory() as vigil:
        vigil.receive(payments(40, status=500))
        vigil.deliver()
        later = [
            batch_of(vigil, payments(1, at=NOON + timedelta(seconds=170), name=f"later{number}"))
            for number in range(races)
        ]

        def lose(_writes: Sequence[Write]) -> None:
            if later:
                batch = later.pop()
                vigil.documents.before = lambda writes: None
                vigil.workflows.detect_anomalies.handle(batch.data)
                vigil.documents.before = lose

        vigil.clock.advance(200)
        vigil.documents.before = lose
        vigil.tick()
        assert bool(found(vigil)) is (races < 6)
        vigil.tick()
        assert vigil.notifier.told() == [("pager", "opened")]
        assert vigil.outcomes() == Outcomes(received=40 + races, processed=40 + races)


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b'{"tenant_id": "acme"}'])
def test_a06_a_damaged_batch_is_refused_and_as_a_dead_letter_holds_nobody_up(data: bytes) -> None:
    with VigilInMemory() as vigil:
        with pytest.raises(PermanentError):
            vigil.workflows.detect_anomalies.handle(data)
        vigil.give_up(data)

        assert vigil.documents.commits == []


@pytest.mark.parametrize("tenant_id", ["globex", "../acme", "__x__"])
def test_a14_a_batch_of_an_unknown_tenant_is_stored_nowhere(tenant_id: str) -> None:
    batch = LogBatch("b", tenant_id, NOON, (), Outcomes(received=1, filtered=1)).to_bytes()
    with VigilInMemory() as vigil:
        with pytest.raises(PermanentError):
            vigil.workflows.detect_anomalies.handle(batch)
        vigil.give_up(batch)

        assert vigil.documents.commits == []
