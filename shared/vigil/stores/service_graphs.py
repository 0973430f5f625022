"""The graph of who calls whom, one document a tenant."""

from dataclasses import dataclass
from datetime import datetime

from vigil.errors import PermanentError
from vigil.incidents.service_graph import ServiceGraph
from vigil.ports import Documents, Existence, OfVersion, Precondition, Put
from vigil.telemetry import logger

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph as it was read, and the precondition that nobody has written it since.

    `learned_at` is when something was last written, None if never.
    """

    graph: ServiceGraph
    unchanged: Precondition
    learned_at: datetime | None = None


class ServiceGraphs:
    """Reads and writes the graph of the tenant below `root`."""

    def __init__(self, documents: Documents, root: str) -> None:
        self._documents = documents
        self._path = f"{root}/graphs/services"

    def read(self) -> StoredGraph:
        """Return the graph, an empty one if nothing has been learned yet.

        One that cannot be read is learned anew: it only ever helps to explain.
        """
        (document,) = self._documents.get([self._path])
        if document is None:
            return StoredGraph(ServiceGraph(), Existence.ABSENT)
        packed, learned_at = document.fields.get("graph"), document.fields.get("learned_at")
        unchanged = OfVersion(document.version)
        try:
            graph = ServiceGraph.from_bytes(packed if isinstance(packed, bytes) else b"")
        except PermanentError:
            _log.exception("a graph of services is learned anew", path=self._path)
            graph = ServiceGraph()
        at = learned_at if isinstance(learned_at, datetime) else None
        return StoredGraph(graph, unchanged, at)

    def put(self, graph: ServiceGraph, *, learned_at: datetime, when: Precondition = None) -> Put:
        """Return the write that keeps a graph."""
        fields = {"graph": graph.to_bytes(), "edges": len(graph), "learned_at": learned_at}
        return Put(self._path, fields, when)
