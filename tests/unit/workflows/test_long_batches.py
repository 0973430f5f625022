"""Work on a batch ends before the batch is delivered again, whatever the store does (B02, B03)."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from threading import Event, Thread

import pytest

from tests.builders import NOON
from tests.unit.workflows.test_hot_services import PACE, batch_of, heated, take
from tests.unit.workflows.test_hot_ticks import of_service
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.doors.topology import WORK
from vigil.errors import PreconditionFailed, TransientError, VigilError
from vigil.model.outcome import Outcomes
from vigil.ports import Document, Write
from vigil.workflows import service_detection

[DELIVERED_AGAIN_AFTER] = [p.ack_deadline for p in WORK if p.name == "detect-anomalies"]
SERVICES = 50


def slowly(vigil: VigilInMemory, seconds: float, error: VigilError) -> Callable[..., None]:
    """Return what fails, so many seconds later, each commit to a service."""

    def fail(writes: Sequence[Write]) -> None:
        if any("/baselines/" in write.path for write in writes):
            vigil.clock.advance(seconds)
            raise error

    return fail


@pytest.mark.parametrize(
    ("seconds", "error"),
    [
        pytest.param(30, TransientError("RESOURCE_EXHAUSTED"), id="nothing can be written"),
        pytest.param(5, PreconditionFailed("written"), id="others are faster each time"),
        pytest.param(0.3, PreconditionFailed("written"), id="others are always a little faster"),
    ],
)
def test_b03_a_batch_of_many_services_is_given_back_in_time(
    seconds: float, error: VigilError
) -> None:
    with VigilInMemory(pace=PACE) as vigil:
        entries = [of_service(f"s{number}", payments(2)) for number in range(SERVICES)]
        batch = batch_of(vigil, [entry for of_one in entries for entry in of_one])
        begun_at = vigil.clock.now
        vigil.documents.before = slowly(vigil, seconds, error)
        with pytest.raises(TransientError):
            take(vigil, batch)
        # Less what one more call may take.
        assert vigil.clock.now - begun_at < DELIVERED_AGAIN_AFTER - timedelta(seconds=30)
        vigil.documents.before = lambda writes: None
        take(vigil, batch)

        assert vigil.outcomes() == Outcomes(received=100, processed=100)


def test_b03_a_race_that_is_won_at_last_is_won(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_detection, "_ROUNDS", 3)
    with VigilInMemory() as vigil:
        lost = [1, 2, 3]

        def lose(writes: Sequence[Write]) -> None:
            if lost and any("/ledger/" in write.path for write in writes):
                lost.pop()
                raise PreconditionFailed("written by somebody else")

        vigil.documents.before = lose
        take(vigil, batch_of(vigil, payments(3)))

        assert vigil.outcomes() == Outcomes(received=3, processed=3)


def test_a_thread_does_not_wait_for_ever_for_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_detection, "_TURN_SECONDS", 0.001)
    with VigilInMemory(pace=PACE) as vigil:
        heated(vigil)
        mine, theirs = (batch_of(vigil, payments(3, name=name)) for name in "ab")
        hangs, ends = Event(), Event()
        inner = vigil.documents.inner

        class Hanging:
            """A store in which the first to look for its ledger key again hangs."""

            commit, query = inner.commit, inner.query

            def get(self, paths: Sequence[str]) -> list[Document | None]:
                if len(paths) == 1 and not hangs.is_set():
                    hangs.set()
                    assert ends.wait(timeout=5)
                return inner.get(paths)

        vigil.documents.inner = Hanging()
        thread = Thread(target=partial(take, vigil, theirs))
        thread.start()
        try:
            assert hangs.wait(timeout=5)
            # As if it came at the same time as the other one.
            vigil.clock.now = NOON
            with pytest.raises(TransientError):
                take(vigil, mine)
        finally:
            ends.set()
            thread.join()
        take(vigil, mine)

        assert vigil.outcomes() == Outcomes(received=8, processed=8)


def test_services_that_were_waited_for_are_not_remembered() -> None:
    with VigilInMemory(pace=PACE) as vigil:
        for number in range(20):
            for name in "ab":
                service = of_service(f"s{number}", payments(1, name=name))
                take(vigil, batch_of(vigil, service))

        assert vigil.outcomes() == Outcomes(received=40, processed=40)
        assert len(vigil.workflows.detect_anomalies._services._folders) == 0
