"""A backlog loses no page, and one service's trouble is not that of the others."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import raw_entry
from tests.contract.set_clock import NOON
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.ports import Put
from vigil.stores.detector_states import DetectorStates
from vigil.stores.queries import ANOMALIES, EXPIRED

FAILING = payments(40, status=500)


def services_that_strayed(vigil: VigilInMemory) -> set[str]:
    return {stored.value.service for stored in vigil.store.anomalies.query(ANOMALIES)}


def of_service(name: str, entries: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    resource = {"type": "cloud_run_revision", "labels": {"service_name": name}}
    return [
        raw_entry(**(entry | {"resource": resource, "insertId": f"{name}{n}"}))
        for n, entry in enumerate(entries)
    ]


@pytest.mark.parametrize(
    ("minutes", "waits"),
    [
        pytest.param(3, True, id="an outage of minutes is waited for"),
        pytest.param(12, False, id="not for ever"),
    ],
)
def test_what_waits_in_a_backlog_is_judged_when_it_has_come(minutes: int, waits: bool) -> None:
    with VigilInMemory() as vigil:
        vigil.receive(payments(5, name="before"))
        vigil.deliver()
        vigil.receive(FAILING)
        vigil.clock.advance(60 * minutes)
        vigil.workflows.detect_anomalies.tick("acme", waiting_since=NOON)
        vigil.settle()

        assert bool(services_that_strayed(vigil)) is waits
        assert vigil.outcomes().late == (0 if waits else 40)
        assert vigil.outcomes().balanced


def damage(vigil: VigilInMemory, service: str, collection: str, field: str) -> None:
    """Spoil a field of what is kept of a service in a collection."""
    path = DetectorStates(vigil.database).path(vigil.store.root, service)
    name = path.rsplit("/", 1)[1]
    found = vigil.database.query(EXPIRED[collection], bound=NOON + timedelta(days=99))
    of_service = [document for document in found if name in document.path]
    assert of_service
    vigil.database.commit([Put(d.path, {**d.fields, field: b"damaged"}) for d in of_service])


@pytest.mark.parametrize(
    ("collection", "field"),
    [("baselines", "state"), ("baselines", "committed_at"), ("seen", "parts")],
)
def test_a_damaged_document_stops_its_own_service_and_no_other(collection: str, field: str) -> None:
    with VigilInMemory() as vigil:
        healthy, sick = of_service("bbb", FAILING), of_service("aaa", FAILING)
        vigil.receive(of_service("aaa", payments(5)))
        vigil.deliver()
        damage(vigil, "aaa", collection, field)
        vigil.receive([*sick, *healthy])
        vigil.settle()

        assert services_that_strayed(vigil) == {"bbb"}
        assert vigil.notifier.told() == [("pager", "opened")]
        [given_up] = vigil.given_up
        vigil.give_up(given_up.data)
        outcomes = vigil.outcomes()
        assert (outcomes.processed, outcomes.dead_lettered) == (45, 40)
        assert outcomes.balanced


def test_a_tick_never_goes_back_behind_what_was_judged() -> None:
    with VigilInMemory() as vigil:
        vigil.receive(FAILING)
        vigil.settle()
        told = vigil.notifier.told()
        vigil.workflows.detect_anomalies.tick("acme", waiting_since=NOON - timedelta(hours=1))
        vigil.tick()

        assert vigil.notifier.told() == told == [("pager", "opened")]
