"""Joins alerts that others have raised with what strayed, and says why."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vigil.incidents.disjoint_sets import DisjointSets
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.joining.nodes import node
from vigil.incidents.joining.shared_resource import shared_resource
from vigil.incidents.joining.strayed import Strayed
from vigil.model.anomaly import Anomaly
from vigil.model.received_alert import UNKNOWN_SERVICE
from vigil.model.series import Series
from vigil.model.severity import Severity

# What one instant can join is one commit, and each may bring an incident with its alert along.
MOST_JOINED = 50


@dataclass(frozen=True, slots=True)
class _Link:
    """Why an alert belongs to something, and why that belongs to the alert."""

    of_alert: str
    of_other: str


class JoinedAlerts:
    """Joins each alert in `sets` with at most one series of `strayed`, the likeliest.

    That is one of its own service, else one that its service calls, else one of those that call its
    service and are `symptoms` of nothing else, else one that names the same resource. What calls
    something may fail because of it, so a callee's alert has to be as grave as what wakes people;
    the others may be of any severity. Alerts that nothing of `strayed` explains are joined with
    each other only if the one's service calls the other's, and never two critical ones: nobody
    shall be able to hide one in a flood of others (FAULTS D30).

    `homes` says of series in which incident they are.
    """

    def __init__(
        self,
        sets: DisjointSets,
        strayed: Mapping[Series, Strayed],
        calls: KnownCalls,
        *,
        symptoms: Collection[Series] = (),
        homes: Mapping[Series, str] | None = None,
    ) -> None:
        self._sets = sets
        self._strayed = [each for each in strayed.values() if not each.is_attacked]
        self._calls = calls
        self._symptoms = symptoms
        self._homes = homes or {}
        self._of_alerts: dict[str, str] = {}
        self._of_series: defaultdict[Series, list[str]] = defaultdict(list)

    def join_all(self, alerts: Iterable[Anomaly]) -> None:
        """Join those of `alerts` that belong to something; at most MOST_JOINED, the gravest."""
        named = [each for each in alerts if each.service != UNKNOWN_SERVICE]
        alone = []
        for alert in sorted(named, key=_importance)[:MOST_JOINED]:
            if not self._join_with_series(alert):
                alone.append(alert)
        for alert in alone:
            self._join_with_alert(alert, named)

    def reason(self, anomaly: Anomaly) -> str | None:
        """Return why an alert, or a series, belongs to what it was joined with here, if to any."""
        if anomaly.is_received:
            return self._of_alerts.get(anomaly.anomaly_id)
        return next(iter(self._of_series.get(anomaly.series, ())), None)

    def _join_with_series(self, alert: Anomaly) -> bool:
        kinds = (self._of_its_service, self._that_it_calls, self._that_call_it, self._by_resource)
        for kind in kinds:
            links = {each.series: link for each in self._strayed if (link := kind(alert, each))}
            if links:
                series = min(links, key=self._order(alert))
                self._sets.join(node(alert), node(series))
                self._of_alerts[alert.anomaly_id] = links[series].of_alert
                self._of_series[series].append(links[series].of_other)
                return True
        return False

    def _order(self, alert: Anomaly) -> Callable[[Series], tuple[object, ...]]:
        began_at = {each.series: each.began_at for each in self._strayed}

        def order(series: Series) -> tuple[object, ...]:
            is_at_home = alert.incident_id and self._homes.get(series) == alert.incident_id
            is_near = abs(began_at[series] - alert.started_at)
            return not is_at_home, not series.endpoint, is_near, series

        return order

    def _of_its_service(self, alert: Anomaly, other: Strayed) -> _Link | None:
        if alert.service != other.series.service:
            return None
        name = other.series.endpoint or "what it logs outside of requests"
        return _Link(
            f"is of the same service {alert.service} as {name}, which strayed",
            f"is of the service {alert.service}, {_of_which(alert)}",
        )

    def _that_it_calls(self, alert: Anomaly, other: Strayed) -> _Link | None:
        if not self._calls.calls(Series(alert.service), other.series):
            return None
        return _Link(
            f"is of {alert.service}, which calls {other.series}",
            f"is called by {alert.service}, {_of_which(alert)}",
        )

    def _that_call_it(self, alert: Anomaly, other: Strayed) -> _Link | None:
        if not alert.severity.pages or other.series in self._symptoms:
            return None
        if not self._calls.calls(other.series, Series(alert.service)):
            return None
        return _Link(
            f"is of {alert.service}, which {other.series} calls",
            f"calls {alert.service}, {_of_which(alert)}",
        )

    def _by_resource(self, alert: Anomaly, other: Strayed) -> _Link | None:
        resource = shared_resource(Strayed(alert.series, [alert]), other)
        if resource is None:
            return None
        return _Link(
            f"names the resource {resource}, as {other.series} does",
            f"names the resource {resource}, as the alert {_name(alert)} does",
        )

    def _join_with_alert(self, alert: Anomaly, others: Sequence[Anomaly]) -> None:
        """Join an alert with that of a service that its own calls, the first one to be raised."""
        called = {callee.service for callee in self._calls.callees(Series(alert.service))}
        causes = [
            other
            for other in others
            if other.service in called
            and other.severity.pages
            and {alert.severity, other.severity} != {Severity.CRITICAL}
        ]
        if causes:
            cause = min(causes, key=lambda each: (each.started_at, each.anomaly_id))
            self._sets.join(node(alert), node(cause))
            link = _Link(
                f"is of {alert.service}, which calls {cause.service}, {_of_which(cause)}",
                f"is of {cause.service}, which is called by {alert.service}, {_of_which(alert)}",
            )
            self._of_alerts.setdefault(alert.anomaly_id, link.of_alert)
            self._of_alerts.setdefault(cause.anomaly_id, link.of_other)


def _of_which(alert: Anomaly) -> str:
    return f"of which the alert {_name(alert)} tells"


def _name(alert: Anomaly) -> str:
    return alert.evidence[0].template


def _importance(alert: Anomaly) -> tuple[object, ...]:
    return -alert.severity.rank, alert.started_at, alert.anomaly_id
