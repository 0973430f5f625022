"""A service graph as the API shows it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from vigil.incidents.edge import Edge
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.instant import instant_as_text
from vigil.model.series import Series

# A number that has decayed has digits that mean nothing.
_DIGITS = 3


def graph_as_json(
    graph: ServiceGraph, *, service: str | None, now: datetime, limit: int
) -> dict[str, object]:
    """Return the most used edges, at most `limit` between services and as many between endpoints.

    With a `service`, those of which it is the caller or the callee. `nodes` are the series of the
    edges between endpoints, with about how many requests each served.
    """
    services = _of(graph.service_edges(now=now), service)
    edges = _of(graph.edges(now=now), service)
    shown = edges[:limit]
    return {
        "total_service_edges": len(services),
        "service_edges": [_service_edge(edge) for edge in services[:limit]],
        "total_edges": len(edges),
        "edges": [_edge(edge) for edge in shown],
        "nodes": _nodes(graph, shown),
    }


def _of(edges: Iterable[Edge], service: str | None) -> list[Edge]:
    """Return the edges of a service, the most used first."""
    chosen = [edge for edge in edges if service in (None, edge.caller.service, edge.callee.service)]
    return sorted(chosen, key=lambda edge: (-edge.calls, edge.caller, edge.callee))


def _nodes(graph: ServiceGraph, edges: Sequence[Edge]) -> list[dict[str, object]]:
    requests = graph.requests()
    series = sorted({each for edge in edges for each in (edge.caller, edge.callee)})
    return [{**_series(each), "requests": _rounded(requests.get(each))} for each in series]


def _edge(edge: Edge) -> dict[str, object]:
    ends = {"caller": _series(edge.caller), "callee": _series(edge.callee)}
    return {**ends, **_numbers(edge)}


def _service_edge(edge: Edge) -> dict[str, object]:
    return {"caller": edge.caller.service, "callee": edge.callee.service, **_numbers(edge)}


def _series(series: Series) -> dict[str, object]:
    return {"service": series.service, "endpoint": series.endpoint}


def _numbers(edge: Edge) -> dict[str, object]:
    return {
        "calls": _rounded(edge.calls),
        "request_share": _rounded(edge.request_share),
        "time_share": _rounded(edge.time_share),
        "first_seen": instant_as_text(edge.first_seen_at),
        "last_seen": instant_as_text(edge.last_seen_at),
        "confidence": _rounded(edge.confidence),
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, _DIGITS)
