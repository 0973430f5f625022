"""Who calls whom, as the API shows it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api_installation import Installation
from tests.builders import NOON
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.api_key import Role
from vigil.model.call import Call
from vigil.model.series import Series
from vigil.stores.service_graphs import ServiceGraphs
from vigil.workflows.api.graph_answers import GraphAnswer

WEB, CART, BANK = Series("web", "GET /"), Series("cart", "GET /cart"), Series("bank", "POST /pay")


@pytest.fixture
def here() -> Iterator[Installation]:
    graph = ServiceGraph()
    graph.learn([Call(WEB, CART, 49, 9_800, 4_900), Call(CART, BANK, 7, 0, 0)], NOON)
    graph.learn_requests({WEB: 50, CART: 49}, NOON)
    with Installation() as installation:
        graphs = ServiceGraphs(installation.database, installation.store().root)
        installation.database.commit([graphs.put(graph, learned_at=NOON)])
        yield installation


def shown(here: Installation, query: str = "", **options: Any) -> dict[str, Any]:
    answer = here.ask("GET", f"/graph{query}", **options)
    GraphAnswer.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def test_edges_are_shown_with_their_numbers_the_most_used_first(here: Installation) -> None:
    graph = shown(here, role=Role.VIEWER)
    assert (graph["learned_at"], graph["total_edges"]) == ("2026-01-20T12:00:00Z", 2)
    first, second = graph["edges"]
    assert first == {
        "caller": {"service": "web", "endpoint": "GET /"},
        "callee": {"service": "cart", "endpoint": "GET /cart"},
        "calls": 49.0,
        "request_share": 0.98,
        "time_share": 0.5,
        "first_seen": "2026-01-20T12:00:00Z",
        "last_seen": "2026-01-20T12:00:00Z",
        "confidence": pytest.approx(0.99, abs=0.01),
    }
    assert (second["callee"]["service"], second["time_share"]) == ("bank", None)


def test_services_and_nodes_are_shown_beside(here: Installation) -> None:
    graph = shown(here)
    assert [(e["caller"], e["callee"]) for e in graph["service_edges"]] == [
        ("web", "cart"),
        ("cart", "bank"),
    ]
    assert graph["nodes"] == [
        {"service": "bank", "endpoint": "POST /pay", "requests": None},
        {"service": "cart", "endpoint": "GET /cart", "requests": 49.0},
        {"service": "web", "endpoint": "GET /", "requests": 50.0},
    ]


@pytest.mark.parametrize(
    ("service", "edges"),
    [
        pytest.param("cart", 2, id="called and calling"),
        pytest.param("bank", 1, id="called"),
        pytest.param("ca", 0, id="unknown"),
    ],
)
def test_one_service_is_shown_with_what_it_calls_and_is_called_by(
    here: Installation, service: str, edges: int
) -> None:
    graph = shown(here, f"?service={service}")
    assert (graph["total_edges"], len(graph["service_edges"])) == (edges, edges)


def test_of_many_edges_as_many_are_shown_as_are_asked_for(here: Installation) -> None:
    graph = shown(here, "?limit=1")
    assert (graph["total_edges"], len(graph["edges"]), len(graph["nodes"])) == (2, 1, 2)


def test_another_tenant_sees_nothing_of_it(here: Installation) -> None:
    key = here.key(Role.VIEWER, "globex")
    graph = shown(here, headers={"X-API-Key": key})
    assert (graph["learned_at"], graph["total_edges"], graph["nodes"]) == (None, 0, [])
