"""Who calls whom among the series that an incident affects."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import permutations

from vigil.incidents.joining.known_calls import KnownCalls
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series

Calls = Mapping[Series, Set[Series]]


@dataclass(frozen=True, slots=True)
class DependencyGraph:
    """The calls between affected series; a series that calls itself does not depend on another.

    Both mappings have every affected series for a key and hold direct calls only.
    """

    callers: Calls
    callees: Calls

    @classmethod
    def of(cls, anomalies: Sequence[Anomaly], known: KnownCalls | None = None) -> "DependencyGraph":
        """Return the graph of the calls among their series that anomalies have seen or are `known`.

        Where an endpoint calls or is called, so is what its service logs outside of requests.
        """
        callers: dict[Series, set[Series]] = {anomaly.series: set() for anomaly in anomalies}
        callees: dict[Series, set[Series]] = {series: set() for series in callers}
        calls = (known or KnownCalls({})).seen_by(anomalies)
        for caller, callee in permutations(callers, 2):
            if calls.calls(caller, callee):
                callers[callee].add(caller)
                callees[caller].add(callee)
        return cls(callers, callees)

    def upstream_of(self, series: Iterable[Series]) -> set[Series]:
        """Return all that calls one of `series`, directly or through others."""
        return _reachable(self.callers, series)

    def deepest(self) -> set[Series]:
        """Return the series that call no other; a cycle from which no call leads out counts as one.

        Every affected series is among them or upstream of one of them.
        """
        leaves = {series for series, called in self.callees.items() if not called}
        return leaves | self._cycles(self.callees.keys() - leaves - self.upstream_of(leaves))

    def _cycles(self, rest: Set[Series]) -> set[Series]:
        """Return those of `rest` (none calls a leaf) that are in a cycle without a way out."""
        found: set[Series] = set()
        while rest:
            series = next(iter(rest))
            below, above = _reachable(self.callees, [series]), self.upstream_of([series])
            if below <= above:
                found |= below
            # If this one has a way out, so has all that calls it.
            rest = rest - above - {series}
        return found


def _reachable(edges: Calls, starts: Iterable[Series]) -> set[Series]:
    found: set[Series] = set()
    waiting = list(starts)
    while waiting:
        new = edges[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found
