"""What is found before its window is over, with its cause, is told after the group wait."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.cascades import CART, CHECKOUT, incidents, strayed
from tests.vigil_in_memory import VigilInMemory
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.anomaly import Anomaly
from vigil.model.call import Call
from vigil.model.series import Series
from vigil.stores.service_graphs import ServiceGraphs
from vigil.stores.tenant_store import judge_until

PAYMENT = Series("shop", "POST /payment")
MINUTE = timedelta(seconds=60)


@pytest.fixture
def vigil() -> Iterator[VigilInMemory]:
    """An installation that knows that the cart calls the checkout, and that the payment."""
    with VigilInMemory() as started:
        graph = ServiceGraph()
        calls = [Call(CART, CHECKOUT, 50, 1, 1), Call(CHECKOUT, PAYMENT, 50, 1, 1)]
        graph.learn(calls, NOON - MINUTE)
        put = ServiceGraphs(started.database, started.store.root).put(graph, learned_at=NOON)
        started.database.commit([put, judge_until(started.store, NOON - 2 * MINUTE)])
        yield started


def early(name: str, second: float, series: Series = PAYMENT) -> Anomaly:
    """Return a finding of the window that begins at noon, before it is over."""
    return strayed(
        name,
        service=series.service,
        endpoint=series.endpoint,
        detected_at=NOON + timedelta(seconds=second),
    )


def tell(vigil: VigilInMemory, second: float, *anomalies: Anomaly) -> None:
    vigil.database.commit([vigil.store.anomalies.put(a.anomaly_id, a) for a in anomalies])
    vigil.clock.now = NOON + timedelta(seconds=second)
    vigil.workflows.manage_alerts.correlate("acme")
    vigil.workflows.manage_alerts.deliver()


def test_it_waits_for_what_belongs_to_it_and_no_longer(vigil: VigilInMemory) -> None:
    tell(vigil, 29, early("pay", 20))
    assert incidents(vigil) == []

    tell(vigil, 30)
    assert len(incidents(vigil)) == 1
    assert vigil.notifier.told() == [("pager", "opened")]


def test_a_symptom_waits_for_its_cause(vigil: VigilInMemory) -> None:
    tell(vigil, 40, early("checkout", 20, CHECKOUT))
    assert incidents(vigil) == []

    tell(vigil, 41, early("pay", 25))
    [incident] = incidents(vigil)
    assert (incident.root_cause.anomaly_id, incident.anomaly_count) == ("v1-pay", 2)


def test_what_is_judged_later_joins_it_though_it_was_detected_before(vigil: VigilInMemory) -> None:
    tell(vigil, 40, early("pay", 20))
    vigil.strike(strayed("checkout", -1, endpoint="POST /checkout"))

    [incident] = incidents(vigil)
    assert incident.root_cause.anomaly_id == "v1-pay"
    assert incident.first_detected_at == NOON
    assert vigil.notifier.told() == [("pager", "opened")]


def test_nothing_is_taken_to_be_quiet_before_all_is_judged(vigil: VigilInMemory) -> None:
    tell(vigil, 40, early("pay", 20))
    other = Series("depot", "GET /x")
    graph = ServiceGraph()
    graph.learn([Call(CART, PAYMENT, 50, 1, 1), Call(CART, other, 50, 1, 1)], NOON)
    store = ServiceGraphs(vigil.database, vigil.store.root)
    vigil.database.commit([store.put(graph, learned_at=NOON)])
    late = strayed(
        "depot", 40, service="depot", endpoint="GET /x", detected_at=NOON + 40.5 * MINUTE
    )
    tell(vigil, 41 * 60, late)

    assert len(incidents(vigil)) == 2
    assert [each.resolved_at for each in incidents(vigil)] == [None, None]
