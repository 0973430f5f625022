"""Who calls the root cause of an incident, and who calls them, as a tree."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass

from vigil.incidents.service_graph import ServiceGraph
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series

# More would be no small picture any more.
MOST_NODES = 24
_DEPTH = 8

Callers = Mapping[Series, Set[Series]]


@dataclass(frozen=True, slots=True)
class CallNode:
    """A series, whether it failed, and who calls it; `request_share` see `Edge`."""

    series: Series
    is_affected: bool
    request_share: float | None = None
    callers: tuple["CallNode", ...] = ()


def call_tree(
    cause: Series,
    affected: Collection[Series],
    anomalies: Iterable[Anomaly],
    graph: ServiceGraph | None = None,
) -> CallNode:
    """Return the cause with its callers above it, each of them once, where it is nearest.

    Who calls whom is what the anomalies have seen, and what was learned before. If there is not
    room for all, callers that failed go first, and those that are nearer.
    """
    known = graph or ServiceGraph()
    callers = _with_service(cause, _known_callers(anomalies, known))
    above = _nearest(cause, frozenset(affected), callers)

    def node(series: Series, callee: Series | None) -> CallNode:
        edge = known.edge(series, callee) if callee else None
        return CallNode(
            series,
            series in affected or callee is None,
            edge.request_share if edge else None,
            tuple(node(each, series) for each in above[series]),
        )

    return node(cause, None)


def _known_callers(anomalies: Iterable[Anomaly], graph: ServiceGraph) -> Callers:
    callers: defaultdict[Series, set[Series]] = defaultdict(set)
    for anomaly in anomalies:
        callers[anomaly.series].update(anomaly.callers)
    for callee, by in graph.callers().items():
        callers[callee] |= by
    return callers


def _with_service(cause: Series, callers: Callers) -> Callers:
    """What a service logs outside of its requests is called by whoever calls any of them."""
    if cause.endpoint or callers.get(cause):
        return callers
    by = {c for callee, of in callers.items() if callee.service == cause.service for c in of}
    return {**callers, cause: {caller for caller in by if caller.service != cause.service}}


def _nearest(
    cause: Series, affected: Set[Series], callers: Callers
) -> Mapping[Series, list[Series]]:
    """Return the callers of each series in the tree, found a level at a time."""
    above: defaultdict[Series, list[Series]] = defaultdict(list)
    seen, level = {cause}, [cause]
    for _ in range(_DEPTH):
        calls = [(caller, callee) for callee in level for caller in callers.get(callee, ())]
        level = []
        for caller, callee in sorted(calls, key=lambda call: (call[0] not in affected, call)):
            if caller not in seen and len(seen) < MOST_NODES:
                seen.add(caller)
                above[callee].append(caller)
                level.append(caller)
    return above
