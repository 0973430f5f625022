"""Ticks judge services that are written all the time, and one service holds up no other (B02)."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from tests.builders import NOON
from tests.unit.workflows.test_hot_services import PACE, Killed, batch_of, die, take
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import TransientError
from vigil.ports import Document, Message, Write
from vigil.stores import deltas
from vigil.stores.queries import ANOMALIES
from vigil.stores.tenant_store import judged_until


def of_service(name: str, entries: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    resource = {"type": "cloud_run_revision", "labels": {"service_name": name}}
    return [{**e, "resource": resource, "insertId": f"{name}-{e['insertId']}"} for e in entries]


def services_that_strayed(vigil: VigilInMemory) -> set[str]:
    return {stored.value.service for stored in vigil.store.anomalies.query(ANOMALIES)}


class BusyStore:
    """Each call takes a tenth of a second, in which other processes write to all services.

    They do so as often as the pace allows: what was read a second ago is never unchanged.
    """

    def __init__(self, vigil: VigilInMemory, services: Sequence[str]) -> None:
        self._vigil = vigil
        self._inner = vigil.documents.inner
        self._services = services
        self._written_at = dict.fromkeys(services, NOON)
        self._is_others = False
        self.query = self._inner.query

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        found = self._inner.get(paths)
        self.meanwhile()
        return found

    def commit(self, writes: Sequence[Write]) -> None:
        self.meanwhile()
        self._inner.commit(writes)

    def meanwhile(self) -> None:
        if self._is_others:
            return
        self._is_others = True
        self._vigil.clock.advance(0.1)
        for service in self._services:
            now = self._vigil.clock.now
            if now - self._written_at[service] >= PACE.every:
                self._written_at[service] = now
                one = payments(1, at=now - timedelta(seconds=3), name=f"at{now}")
                take(self._vigil, batch_of(self._vigil, of_service(service, one)))
        self._is_others = False


def test_b02_a_tick_judges_more_hot_services_than_can_be_read_in_a_second() -> None:
    services = [f"s{number}" for number in range(20)]
    with VigilInMemory(pace=PACE) as vigil:
        for service in services:
            failing = of_service(service, payments(20, status=500))
            take(vigil, batch_of(vigil, failing))
        vigil.clock.advance(200)
        busy = BusyStore(vigil, services)
        busy.meanwhile()
        vigil.documents.inner = busy
        vigil.workflows.detect_anomalies.tick("acme")

        assert services_that_strayed(vigil) == set(services)
        assert judged_until(vigil.store) is not None


def test_b02_a_tick_keeps_its_place_among_more_deltas_than_a_commit_takes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deltas, "_AT_ONCE", 2)
    with VigilInMemory(pace=PACE) as vigil:
        take(vigil, batch_of(vigil, payments(40, status=500)))
        vigil.clock.advance(200)

        def one(name: str) -> Message:
            return batch_of(vigil, payments(1, at=NOON + timedelta(seconds=195), name=name))

        def overload(number: int) -> None:
            """Leave three deltas, of processes that die; fold the two that have waited most."""
            left = list(vigil.meanwhile)
            for name in "abc":
                vigil.meanwhile.appendleft(die)
                with pytest.raises(Killed):
                    take(vigil, one(f"{name}{number}"))
            vigil.clock.advance(1.2)
            take(vigil, one(f"d{number}"))
            assert list(vigil.meanwhile) == left

        take(vigil, one("hot"))
        for number in range(3):
            overload(number)
        vigil.meanwhile.extend([partial(overload, number) for number in range(3, 8)])
        vigil.workflows.detect_anomalies.tick("acme")

        assert services_that_strayed(vigil) == {"cart"}
        # Judged with a commit of the others, while they still came.
        assert vigil.meanwhile


@pytest.mark.parametrize(
    ("sick", "judged"),
    [
        pytest.param(1, 5, id="one service holds up no other"),
        pytest.param(6, 0, id="a store in trouble is not asked for each service"),
    ],
)
def test_b03_what_is_in_trouble_is_judged_by_the_next_tick(sick: int, judged: int) -> None:
    with VigilInMemory() as vigil:
        for number in range(6):
            take(vigil, batch_of(vigil, of_service(f"s{number}", payments(20, status=500))))
        vigil.clock.advance(200)
        states = sorted(path for paths in vigil.documents.paths("baselines") for path in paths)
        refused: list[str] = []

        def refuse(writes: Sequence[Write]) -> None:
            if writes[0].path in states[:sick]:
                refused.append(writes[0].path)
                raise TransientError("Firestore answered ABORTED at attempt 6")

        vigil.documents.before = refuse
        with pytest.raises(TransientError):
            vigil.workflows.detect_anomalies.tick("acme")
        assert len(services_that_strayed(vigil)) == judged
        assert len(refused) <= 3
        # Nothing is correlated before all services have been judged.
        assert judged_until(vigil.store) is None
        vigil.documents.before = lambda writes: None
        vigil.tick()

        assert len(services_that_strayed(vigil)) == 6
        assert vigil.notifier.told() == [("pager", "opened")] * 6


@pytest.mark.parametrize("judged_before", [False, True])
def test_a04_a_slow_tick_does_not_take_back_what_a_quicker_one_has_judged(
    judged_before: bool,
) -> None:
    with VigilInMemory() as vigil:
        if judged_before:
            vigil.tick()
        vigil.clock.advance(100)

        def be_quicker(writes: Sequence[Write]) -> None:
            if any(write.path.endswith("/turns/judged") for write in writes):
                vigil.documents.before = lambda writes: None
                vigil.clock.advance(60)
                vigil.workflows.detect_anomalies.tick("acme")

        vigil.documents.before = be_quicker
        vigil.workflows.detect_anomalies.tick("acme")

        assert judged_until(vigil.store) == NOON + timedelta(seconds=160 - 30)
