"""The graph of services is kept in one document a tenant."""

from collections.abc import Iterator

import pytest

from tests.builders import NOON
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import PreconditionFailed
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.call import Call
from vigil.model.series import Series
from vigil.ports import Documents, Put
from vigil.stores.queries import DECLARED
from vigil.stores.service_graphs import ServiceGraphs

ROOT = "tenants/acme"


@pytest.fixture
def documents() -> Iterator[Documents]:
    kept = SqliteDocuments(":memory:", DECLARED)
    yield kept
    kept.close()


def learned(count: int) -> ServiceGraph:
    graph = ServiceGraph()
    graph.learn([Call(Series("web", "GET /"), Series("cart", "GET /cart"), count, 1, 1)], NOON)
    return graph


def test_what_was_learned_is_read_back(documents: Documents) -> None:
    graphs = ServiceGraphs(documents, ROOT)
    before = graphs.read()
    documents.commit([graphs.put(learned(3), learned_at=NOON, when=before.unchanged)])
    after = graphs.read()
    assert (before.graph, before.learned_at) == (ServiceGraph(), None)
    assert (after.graph, after.learned_at) == (learned(3), NOON)
    assert ServiceGraphs(documents, "tenants/globex").read().graph == ServiceGraph()


def test_of_two_that_learn_at_once_one_has_to_begin_again(documents: Documents) -> None:
    graphs = ServiceGraphs(documents, ROOT)
    for count in (1, 2):
        before = graphs.read()
        documents.commit([graphs.put(learned(count), learned_at=NOON, when=before.unchanged)])
        with pytest.raises(PreconditionFailed):
            documents.commit([graphs.put(learned(9), learned_at=NOON, when=before.unchanged)])
    assert graphs.read().graph == learned(2)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"graph": b"damaged", "learned_at": NOON}, id="damaged"),
        pytest.param({"graph": "text", "learned_at": "then"}, id="of other kinds"),
        pytest.param({}, id="nothing"),
    ],
)
def test_a_damaged_graph_is_learned_anew(documents: Documents, fields: dict[str, object]) -> None:
    documents.commit([Put(f"{ROOT}/graphs/services", fields)])
    graphs = ServiceGraphs(documents, ROOT)
    before = graphs.read()
    documents.commit([graphs.put(learned(1), learned_at=NOON, when=before.unchanged)])
    assert before.graph == ServiceGraph()
    assert graphs.read().graph == learned(1)
