"""Who calls whom among a tenant's services, how often, and what part of the time it takes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from vigil.incidents.edge import Edge
from vigil.incidents.edge_counts import Counted, EdgeCounts, of_same_requests, summed
from vigil.incidents.graph_bytes import read_graph, write_graph
from vigil.model.call import Call
from vigil.model.series import Series
from vigil.model.trace_profile import TraceProfile

HALF_LIFE = timedelta(days=7)
# What has not called for so long calls no more.
FORGOTTEN_AFTER = 8 * HALF_LIFE
MOST_EDGES = 4_000
_PERIOD_SECONDS = int(HALF_LIFE.total_seconds())

Pair = tuple[Series, Series]
Key = TypeVar("Key", Series, Pair)
Counts = TypeVar("Counts", EdgeCounts, Counted)


class ServiceGraph:
    """Learns calls in any order and any number of parts, and forgets by event time alone.

    All counts are halved with each half-life (a period of the calendar of event time) that begins.
    Halving is exact in binary, so graphs of the same calls are equal however these came, as long as
    nothing had to go: an edge that was last used FORGOTTEN_AFTER before the newest, or, of more
    than MOST_EDGES, those that were used least, the oldest first among them.

    >>> at = datetime(2024, 5, 1, tzinfo=UTC)
    >>> web, cart = Series("web", "GET /"), Series("cart", "GET /cart")
    >>> graph = ServiceGraph()
    >>> graph.learn([Call(web, cart, count=49, caller_us=9_800_000, callee_us=4_900_000)], at)
    >>> graph.learn_requests({web: 50}, at)
    >>> [edge] = graph.edges()
    >>> edge.calls, edge.request_share, edge.time_share, round(edge.confidence, 2)
    (49.0, 0.98, 0.5, 0.99)
    """

    def __init__(self) -> None:
        self._period = 0
        self._newest = 0
        self._edges: dict[Pair, EdgeCounts] = {}
        self._requests: dict[Series, Counted] = {}

    def learn(self, calls: Iterable[Call], at: datetime) -> None:
        """Add calls that were made at about `at`."""
        seconds = int(at.timestamp())
        weight = self._weight_at(seconds)
        for call in calls:
            if call.count > 0 and call.caller != call.callee:
                pair = call.caller, call.callee
                self._add(pair, EdgeCounts.of(call, seconds, weight))
        self._forget()

    def learn_requests(self, requests: Mapping[Series, int], at: datetime) -> None:
        """Add how many requests each series served at about `at`, those that call nothing too.

        They have to be counted among the same requests as the calls: where only some are traced,
        those.
        """
        seconds = int(at.timestamp())
        weight = self._weight_at(seconds)
        for series, count in requests.items():
            self._add_requests(series, Counted(seconds, count * weight))
        self._forget()

    def learn_profile(self, profile: TraceProfile, at: datetime) -> None:
        """Add what traces showed at about `at`: the calls, and the requests of who calls."""
        self.learn(profile.calls(), at)
        callers = {caller for caller, _ in self._edges}
        served = {Series(*name): doings.count for name, doings in profile.operations.items()}
        self.learn_requests({s: round(count) for s, count in served.items() if s in callers}, at)

    def merge(self, other: "ServiceGraph") -> None:
        """Add all that another graph has learned."""
        weight = self._weight_in(other._period)
        for pair, counts in other._edges.items():
            self._add(pair, counts.scaled(weight))
        for series, counted in other._requests.items():
            self._add_requests(series, counted.scaled(weight))
        self._forget()

    def edges(self, *, now: datetime | None = None) -> list[Edge]:
        """Return the calls between series, by caller and callee; `now` is the last call's time."""
        requests = {series: counted.count for series, counted in self._requests.items()}
        return self._as_edges(self._edges, requests, now)

    def service_edges(self, *, now: datetime | None = None) -> list[Edge]:
        """Return the calls between services; what a service calls of itself is none of them.

        An endpoint's calls of several endpoints of one service are taken to be made by the same
        requests, so the share of requests is what at least is known.
        """
        by_caller: defaultdict[tuple[Series, str], list[EdgeCounts]] = defaultdict(list)
        for (caller, callee), counts in self._edges.items():
            if caller.service != callee.service:
                by_caller[caller, callee.service].append(counts)
        by_service: defaultdict[Pair, list[EdgeCounts]] = defaultdict(list)
        for (caller, service), several in by_caller.items():
            by_service[Series(caller.service), Series(service)].append(of_same_requests(several))
        requests: defaultdict[Series, float] = defaultdict(float)
        for series, counted in self._requests.items():
            requests[Series(series.service)] += counted.count
        return self._as_edges({p: summed(c) for p, c in by_service.items()}, requests, now)

    def edge(self, caller: Series, callee: Series) -> Edge | None:
        """Return what is known of one call, None if it was never seen."""
        counts = self._edges.get((caller, callee))
        if counts is None:
            return None
        counted = self._requests.get(caller)
        requests = {caller: counted.count} if counted else {}
        return self._as_edges({(caller, callee): counts}, requests, None)[0]

    def callers(self) -> dict[Series, frozenset[Series]]:
        """Return who calls each series that is called."""
        found: defaultdict[Series, set[Series]] = defaultdict(set)
        for caller, callee in self._edges:
            found[callee].add(caller)
        return {callee: frozenset(by) for callee, by in found.items()}

    def requests(self) -> dict[Series, float]:
        """Return about how many requests each series served; a half-life ago counts by half."""
        return {series: counted.count for series, counted in sorted(self._requests.items())}

    def to_bytes(self) -> bytes:
        """Return it as compressed JSON; equal graphs give equal bytes."""
        return write_graph(self._period, self._edges, self._requests)

    @classmethod
    def from_bytes(cls, packed: bytes) -> "ServiceGraph":
        """Return what `to_bytes` wrote; raise PermanentError if it is anything else."""
        graph = cls()
        graph._period, graph._edges, graph._requests = read_graph(packed)
        last = [counts.last_at for counts in graph._edges.values()]
        last += [counted.last_at for counted in graph._requests.values()]
        graph._newest = max(last, default=0)
        return graph

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServiceGraph) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __len__(self) -> int:
        return len(self._edges)

    def _weight_at(self, seconds: int) -> float:
        """Go on to this time if it is later than all before, and return what counts there now."""
        return self._weight_in(seconds // _PERIOD_SECONDS)

    def _weight_in(self, period: int) -> float:
        if period > self._period:
            factor = 0.5 ** (period - self._period)
            self._edges = {pair: counts.scaled(factor) for pair, counts in self._edges.items()}
            self._requests = {s: counted.scaled(factor) for s, counted in self._requests.items()}
            self._period = period
        return float(0.5 ** (self._period - period))

    def _add(self, pair: Pair, counts: EdgeCounts) -> None:
        known = self._edges.get(pair)
        self._newest = max(self._newest, counts.last_at)
        self._edges[pair] = counts if known is None else known + counts

    def _add_requests(self, series: Series, counted: Counted) -> None:
        known = self._requests.get(series)
        self._newest = max(self._newest, counted.last_at)
        self._requests[series] = counted if known is None else known + counted

    def _as_edges(
        self,
        counts: Mapping[Pair, EdgeCounts],
        requests: Mapping[Series, float],
        now: datetime | None,
    ) -> list[Edge]:
        at = self._newest if now is None else int(now.timestamp())
        return [
            _edge(pair, each, requests.get(pair[0]), at) for pair, each in sorted(counts.items())
        ]

    def _forget(self) -> None:
        oldest = self._newest - int(FORGOTTEN_AFTER.total_seconds())
        edges = {pair: counts for pair, counts in self._edges.items() if counts.last_at >= oldest}
        served = {s: counted for s, counted in self._requests.items() if counted.last_at >= oldest}
        self._edges = _most_used(edges, MOST_EDGES)
        self._requests = _most_used(served, MOST_EDGES)


def _edge(pair: Pair, counts: EdgeCounts, requests: float | None, now: int) -> Edge:
    age = max(now - counts.last_at, 0)
    still = 0.5 ** (age / _PERIOD_SECONDS)
    caller_us = counts.caller_us
    return Edge(
        caller=pair[0],
        callee=pair[1],
        calls=counts.count,
        request_share=min(counts.calling / requests, 1.0) if requests else None,
        time_share=min(counts.callee_us / caller_us, 1.0) if caller_us else None,
        first_seen_at=datetime.fromtimestamp(counts.first_at, UTC),
        last_seen_at=datetime.fromtimestamp(counts.last_at, UTC),
        confidence=counts.certainty * still,
    )


def _most_used(counts: dict[Key, Counts], at_most: int) -> dict[Key, Counts]:
    if len(counts) <= at_most:
        return counts
    ranked = sorted(counts, key=lambda key: (-counts[key].count, -counts[key].last_at, key))
    return {key: counts[key] for key in ranked[:at_most]}
