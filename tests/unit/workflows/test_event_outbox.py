"""What other agents hear of is published, whatever happens after the commit."""

from collections.abc import Sequence

import pytest

from tests.builders import anomaly
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import PermanentError, TransientError
from vigil.ports import Document, Put, Write
from vigil.stores.queries import DUE_EVENTS


def left(vigil: VigilInMemory) -> list[Document]:
    return vigil.database.query(DUE_EVENTS, bound=vigil.clock())


def ids(vigil: VigilInMemory) -> list[str]:
    return [message.attributes["ce-id"] for _, message in vigil.bus.published]


def test_b10_what_cannot_be_published_waits_and_is_published_later() -> None:
    with VigilInMemory() as vigil:
        vigil.bus.is_down = True
        vigil.strike(anomaly())
        vigil.workflows.manage_alerts.deliver()
        assert len(left(vigil)) == 3
        assert vigil.notifier.told() == [("pager", "opened")]

        vigil.bus.is_down = False
        vigil.workflows.manage_alerts.deliver()
        assert left(vigil) == []
        assert len(ids(vigil)) == len(set(ids(vigil))) == 3


def test_b10_what_was_published_and_not_ticked_off_is_published_again_as_the_same() -> None:
    with VigilInMemory() as vigil:

        def die_after_publishing(writes: Sequence[Write]) -> None:
            if vigil.bus.published:
                raise TransientError("died")

        vigil.documents.before = die_after_publishing
        with pytest.raises(TransientError):
            vigil.strike(anomaly())
        vigil.documents.before = lambda writes: None
        vigil.workflows.manage_alerts.deliver()

        assert sorted(ids(vigil)[:3]) == sorted(ids(vigil)[3:])
        assert left(vigil) == []


def test_b10_anomalies_found_while_the_bus_is_down_are_told_of_once_it_is_up() -> None:
    with VigilInMemory() as vigil:
        vigil.receive(payments(40, status=500))
        vigil.deliver()
        vigil.clock.advance(200)
        vigil.bus.is_down = True
        vigil.tick()
        vigil.bus.is_down = False
        vigil.tick()

        told = {message.attributes["ce-id"] for message in vigil.bus.of_type("anomaly_detected")}
        assert len(told) == vigil.counters()["anomalies"] == 1
        assert left(vigil) == []


def test_nobodys_page_waits_for_an_event_that_cannot_be_published() -> None:
    with VigilInMemory() as vigil:
        vigil.bus.is_down = True
        vigil.strike(anomaly())
        vigil.bus.is_down = False

        def refuse_once_published(_writes: Sequence[Write]) -> None:
            if vigil.bus.published:
                raise PermanentError("this will never go")

        vigil.documents.before = refuse_once_published
        with pytest.raises(PermanentError):
            vigil.workflows.manage_alerts.deliver()

        assert vigil.notifier.told() == [("pager", "opened")]


def test_events_of_two_tenants_are_published_as_theirs() -> None:
    with VigilInMemory() as vigil:
        vigil.bus.is_down = True
        vigil.strike(anomaly())
        vigil.bus.is_down = False
        for document in left(vigil):
            copied = document.path.replace("tenants/acme/", "tenants/globex/")
            fields = {**document.fields, "tenant_id": "globex"}
            vigil.database.commit([Put(copied, fields)])
        vigil.workflows.manage_alerts.deliver()

        tenants = [message.attributes["tenant_id"] for _, message in vigil.bus.published]
        assert sorted(tenants) == ["acme"] * 3 + ["globex"] * 3
        assert left(vigil) == []
