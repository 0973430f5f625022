"""Which series calls which, as far as it is known and common enough to matter."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from vigil.incidents.edge import Edge
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series

# What fewer of the caller's requests do is not why the caller strays.
LEAST_SHARE = 0.05
# A call that was seen once may be an accident of two entries' times.
LEAST_CONFIDENCE = 0.5


class KnownCalls:
    """Calls between series, with the share of the caller's requests that make them, if known.

    >>> web, cart, bank = Series("web"), Series("cart"), Series("bank")
    >>> calls = KnownCalls({(web, cart): 0.98, (cart, bank): None})
    >>> calls.share(web, cart), calls.reaches(web, bank), calls.reaches(bank, web)
    (0.98, True, False)
    """

    def __init__(self, shares: Mapping[tuple[Series, Series], float | None]) -> None:
        self._shares = dict(shares)
        self._callees: defaultdict[Series, set[Series]] = defaultdict(set)
        self._callers: defaultdict[Series, set[Series]] = defaultdict(set)
        for caller, callee in shares:
            self._callees[caller].add(callee)
            self._callers[callee].add(caller)
        self._below: dict[Series, frozenset[Series]] = {}
        self._above: dict[Series, frozenset[Series]] = {}

    @classmethod
    def learned(cls, edges: Iterable[Edge]) -> "KnownCalls":
        """Return those of the learned calls that are common and sure enough."""
        return cls(
            {
                (edge.caller, edge.callee): edge.request_share
                for edge in edges
                if edge.confidence >= LEAST_CONFIDENCE
                and (edge.request_share is None or edge.request_share >= LEAST_SHARE)
            }
        )

    def seen_by(self, anomalies: Iterable[Anomaly]) -> "KnownCalls":
        """Return these calls and those that the anomalies have seen.

        What a service logs outside of its requests it logs while it serves them: so it calls what
        its endpoints call, and is called by who calls these.
        """
        seen = {
            (caller, anomaly.series): None
            for anomaly in anomalies
            for caller in anomaly.callers
            if caller != anomaly.series
        }
        shares = {**seen, **self._shares}
        beside = {
            pair: None
            for caller, callee in shares
            if caller.service != callee.service
            for pair in (
                (Series(caller.service), callee),
                (caller, Series(callee.service)),
                (Series(caller.service), Series(callee.service)),
            )
        }
        return KnownCalls({**beside, **shares})

    def calls(self, caller: Series, callee: Series) -> bool:
        """Whether the one calls the other directly."""
        return (caller, callee) in self._shares

    def callees(self, caller: Series) -> Set[Series]:
        """Return what it calls directly."""
        return self._callees.get(caller, set())

    def share(self, caller: Series, callee: Series) -> float | None:
        """Return in which share of its requests the one calls the other, None if not known."""
        return self._shares.get((caller, callee))

    def reaches(self, caller: Series, callee: Series) -> bool:
        """Whether the one calls the other, directly or through others."""
        return callee in _reached(self._callees, caller, self._below)

    def is_deepest(self, series: Series) -> bool:
        """Whether it is known to be called, and to call nothing."""
        return bool(self._callers.get(series)) and not self._callees.get(series)

    def are_siblings(self, one: Series, other: Series) -> bool:
        """Whether some series calls both, and neither of them calls the other."""
        if self.reaches(one, other) or self.reaches(other, one):
            return False
        above = [_reached(self._callers, each, self._above) for each in (one, other)]
        return bool(above[0] & above[1])


def _reached(
    edges: Mapping[Series, set[Series]],
    start: Series,
    known: dict[Series, frozenset[Series]],
) -> frozenset[Series]:
    if start not in known:
        found: set[Series] = set()
        waiting = [start]
        while waiting:
            new = edges.get(waiting.pop(), set()) - found
            found |= new
            waiting.extend(new)
        known[start] = frozenset(found)
    return known[start]
