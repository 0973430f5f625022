"""Whoever opened an incident stays in it, and many traces are no trouble."""

from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.cascades import incidents, later, strayed
from tests.vigil_in_memory import ACME, VigilInMemory
from vigil.incidents.joining.strayed import _at_least
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.anomaly import Anomaly
from vigil.model.call import Call
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.stores.service_graphs import ServiceGraphs

HOME, SEARCH = Series("web", "GET /home"), Series("web", "GET /search")
USERS, INDEX = Series("users", "GET /user"), Series("index", "GET /index")


def learn(vigil: VigilInMemory, *calls: tuple[Series, Series]) -> None:
    graph = ServiceGraph()
    graph.learn([Call(caller, callee, 50, 1, 1) for caller, callee in calls], NOON)
    graphs = ServiceGraphs(vigil.database, vigil.store.root)
    vigil.database.commit([graphs.put(graph, learned_at=NOON)])


def failing(series: Series, minute: int = 0, **changes: object) -> Anomaly:
    name = f"{series.service}-{minute}-{series.endpoint[5:]}"
    named = {"service": series.service, "endpoint": series.endpoint}
    return strayed(name, minute, **(named | changes))


def test_a_graver_member_leaves_the_incident_that_another_one_opened() -> None:
    with VigilInMemory(ACME) as vigil:
        learn(vigil, (HOME, USERS), (SEARCH, INDEX))
        later(vigil, failing(HOME), failing(SEARCH, severity=Severity.CRITICAL))
        later(vigil, failing(USERS, 1), failing(INDEX, 1))

        parted = [{series.service for series in each.affected} for each in incidents(vigil)]
        assert sorted(map(sorted, parted)) == [["index", "web"], ["users", "web"]]
        assert vigil.clock.now - NOON < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("hits", "tries", "chance", "expected"),
    [(0, 5, 0.0, 1.0), (1, 5, 0.0, 0.0), (5, 5, 1.0, 1.0), (1, 3000, 0.5, 1.0), (2, 3, 0.5, 0.5)],
)
def test_of_any_number_of_traces_the_chance_is_known(
    hits: int, tries: int, chance: float, expected: float
) -> None:
    assert _at_least(hits, tries, chance) == pytest.approx(expected)
