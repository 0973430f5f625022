"""Which anomaly the others follow from."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from vigil.incidents.called_less import called_less, only_in_number
from vigil.incidents.dependency_graph import DependencyGraph
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.title import listed
from vigil.incidents.waited_for import only_waited_for, waiting_callers
from vigil.model.anomaly import Anomaly
from vigil.model.incident import RootCause
from vigil.model.series import Series


def find_root_cause(anomalies: Sequence[Anomaly], known: KnownCalls | None = None) -> RootCause:
    """Blame one of `anomalies` (at least one): the earliest of the deepest series that failed.

    Deepest is a series that calls no other affected series, as far as calls were seen by them or
    are `known`: a callee that fails makes its callers fail. The other way round, a caller that
    waits for several services that are as fast as usual is itself the reason, and so is one that
    fails by itself and calls less therefore. Among equally deep ones an endpoint is blamed rather
    than what its service logs beside it, then the earliest, then the graver, then the smaller id.
    The result does not depend on the order of `anomalies`.
    """
    firsts = _first_of_each_series(anomalies)
    graph = DependencyGraph.of(anomalies, known)
    excused = _excused(anomalies, graph)
    blamable = [anomaly for anomaly in anomalies if anomaly.series not in excused]
    candidates = _candidates(DependencyGraph.of(blamable, known))
    root = min((firsts[series] for series in candidates), key=precedence)
    followers = [first for first in firsts.values() if first is not root]
    explained = sorted(each for each, by in excused.items() if by[0].service == root.service)
    doing = _doing(root, [firsts[series] for series in explained])
    return RootCause(
        anomaly_id=root.anomaly_id,
        service=root.service,
        endpoint=root.endpoint,
        issue=root.description,
        confidence=_confidence(root, followers, {*graph.upstream_of([root.series]), *explained}),
        reason=doing or _reason(root, followers, graph),
    )


def _excused(
    anomalies: Sequence[Anomaly], graph: DependencyGraph
) -> Mapping[Series, Sequence[Series]]:
    """Return the series of which others are the reason, each with these; some is left to blame."""
    by_series: dict[Series, list[Anomaly]] = {}
    for anomaly in anomalies:
        by_series.setdefault(anomaly.series, []).append(anomaly)
    waited_for = [series for series, several in by_series.items() if only_waited_for(several)]
    found = waiting_callers(waited_for, graph.callers) | called_less(by_series, graph.callers)
    return found if len(found) < len(by_series) else {}


def _candidates(graph: DependencyGraph) -> list[Series]:
    deepest = graph.deepest()
    with_endpoint = {series.service for series in deepest if series.endpoint}
    return [each for each in deepest if each.endpoint or each.service not in with_endpoint]


def precedence(anomaly: Anomaly) -> tuple[datetime, int, str]:
    """Return a key that sorts anomalies in the order in which they struck, the graver first."""
    return anomaly.started_at, -anomaly.severity.rank, anomaly.anomaly_id


def _first_of_each_series(anomalies: Sequence[Anomaly]) -> Mapping[Series, Anomaly]:
    firsts: dict[Series, Anomaly] = {}
    for anomaly in sorted(anomalies, key=precedence):
        firsts.setdefault(anomaly.series, anomaly)
    return firsts


def _confidence(
    root: Anomaly, followers: Sequence[Anomaly], explained: Collection[Series]
) -> float:
    """Return the mean agreement of the affected series with the root, 1.0 if it stands alone.

    The root agrees with itself; another agrees by one half if it calls the root, directly or
    through others, or strays because of it, and by one half if it failed no earlier.
    """
    halves = sum(
        (follower.series in explained) + (follower.started_at >= root.started_at)
        for follower in followers
    )
    return round((1 + halves / 2) / (1 + len(followers)), 2)


def _doing(root: Anomaly, explained: Sequence[Anomaly]) -> str | None:
    """Return what the root does to those that it calls and that are well by themselves, if any."""
    waited_for = [str(each.series) for each in explained if only_waited_for([each])]
    if waited_for:
        slow = listed(waited_for)
        return f"{root.series} ({_clock(root)}) waits for {slow}, which are as fast as usual"
    if explained:
        fewer = listed([str(each.series) for each in explained])
        if only_in_number([root]):
            return (
                f"{root.series} ({_clock(root)}) is called less, and so is {fewer}, which it calls"
            )
        return f"{root.series} ({_clock(root)}) fails by itself and calls {fewer} less therefore"
    return None


def _clock(anomaly: Anomaly) -> str:
    return anomaly.started_at.astimezone(UTC).strftime("%H:%M:%S")


def _reason(root: Anomaly, followers: Sequence[Anomaly], graph: DependencyGraph) -> str:
    if not followers:
        return f"{root.series} alone is affected"
    callers = [f for f in followers if f.series in graph.callers[root.series]]
    at = _clock(root)
    failed_first = all(follower.started_at >= root.started_at for follower in followers)
    if not callers:
        return _reason_without_callers(f"{root.series}", at, failed_first)
    names = [str(caller.series) for caller in callers if caller.endpoint]
    called_by = f"is called by {listed(names or [str(caller.series) for caller in callers])}"
    if failed_first:
        after = all(caller.started_at > root.started_at for caller in callers)
        order = "failed after it" if after else "did not fail before it"
        return f"{root.series} failed first ({at}) and {called_by}, which {order}"
    if graph.callees[root.series]:
        return f"{root.series} ({at}) {called_by}, and failed first of those that call each other"
    return f"{root.series} ({at}) {called_by} and calls nothing else that failed"


def _reason_without_callers(name: str, at: str, failed_first: bool) -> str:
    if failed_first:
        return f"{name} failed first ({at}); no call of it by the others was seen"
    return f"{name} ({at}) calls nothing else that failed"
