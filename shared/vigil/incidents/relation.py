"""Which anomalies belong together, and why."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vigil.incidents.disjoint_sets import DisjointSets
from vigil.incidents.incident_id import new_incident_id
from vigil.incidents.joining.alerts import JoinedAlerts
from vigil.incidents.joining.bond import again
from vigil.incidents.joining.joins import Joins
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.joining.nodes import Node, anchored, incident_node, node
from vigil.incidents.joining.strayed import by_series
from vigil.model.anomaly import Anomaly
from vigil.model.change import Change
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.series import Series

OPENED = "it opened the incident"
Reason = Callable[[Anomaly], str | None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the anomalies: who calls whom, and what was changed lately."""

    calls: KnownCalls = field(default_factory=lambda: KnownCalls({}))
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """Anomalies that belong together, and the open incidents they belong to, if any.

    `anomalies` are new, `moved` have been in an incident with which nothing joins them after all.
    `reasons` says of each of both, by id, why it belongs to the others.
    """

    anomalies: tuple[Anomaly, ...]
    incident_ids: tuple[str, ...]
    moved: tuple[Anomaly, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


def relate(
    due: Sequence[Anomaly],
    open_incidents: Collection[Incident],
    members: Mapping[str, Sequence[Anomaly]],
    *,
    within: timedelta,
    surroundings: Surroundings | None = None,
) -> list[Relation]:
    """Part the anomalies `due` (at least one) of one instant into those that belong together.

    `members` has the anomalies of every open incident that are still kept. What was detected at
    most `within` apart is joined by being of one series, by calls, by the same failing traces, by
    being of one service, and by resources that both name; `vigil.incidents.joining` says how.
    Alerts that others have raised are joined with what strayed, each with one thing. Besides, an
    incident that is open has every new anomaly of a series that strayed in it, however long ago
    that was: otherwise it would be told of twice. What began after a person ended an incident joins
    it in no other way.

    While an incident is young, and all of it is known, what it consists of is looked at again with
    each new anomaly: members that nothing joins to the first one any more leave it. Relations come
    in the order of their first anomaly in event time.
    """
    around = surroundings or Surroundings()
    scene = _Scene(due, open_incidents, members, within)
    strayed, calls = by_series(scene.near), around.calls.seen_by(scene.near)
    joins = Joins(scene.sets, strayed, calls, changes=around.changes, homes=scene.homes)
    joins.join_all()
    alerts = JoinedAlerts(scene.sets, strayed, calls, symptoms=joins.symptoms, homes=scene.homes)
    alerts.join_all(scene.free_alerts())

    def reason(anomaly: Anomaly) -> str | None:
        own = None if anomaly.is_received else joins.reason(anomaly.series)
        return own or alerts.reason(anomaly)

    return [scene.relation(several, reason) for several in scene.related()]


class _Scene:
    """Anomalies and open incidents around one instant."""

    def __init__(
        self,
        due: Sequence[Anomaly],
        open_incidents: Collection[Incident],
        members: Mapping[str, Sequence[Anomaly]],
        within: timedelta,
    ) -> None:
        self.sets = DisjointSets()
        self._due = due
        self._incidents = {each.incident_id: each for each in open_incidents}
        self._members = members
        at = due[0].detected_at
        self._young = {
            incident.incident_id
            for incident in open_incidents
            if _is_young(incident, members[incident.incident_id], at, within)
        }
        self.near = [
            *due,
            *(
                member
                for incident_id, incident in self._incidents.items()
                if not _was_ended_before(incident, due)
                for member in members[incident_id]
                if abs(member.detected_at - at) <= within
            ),
        ]
        self.homes = {
            series: incident.incident_id
            for incident in open_incidents
            for series in self._own_series(incident)
        }
        for incident in open_incidents:
            anchored(self.sets, incident.incident_id, self._anchors(incident))

    def related(self) -> list[list[Anomaly]]:
        """Return what is new or has left its incident, parted into what belongs together."""
        found: dict[object, list[Anomaly]] = {}
        for anomaly in sorted([*self._due, *self._left()], key=event_time):
            found.setdefault(self.sets.find(node(anomaly)), []).append(anomaly)
        return list(found.values())

    def free_alerts(self) -> list[Anomaly]:
        """Return the received alerts that may still be joined with something.

        The others are in an incident with something that Vigil has found, and cannot leave it.
        """
        settled = {
            incident.incident_id
            for incident in self._incidents.values()
            if incident.source is None and incident.incident_id not in self._young
        }
        return [a for a in self.near if a.is_received and a.incident_id not in settled]

    def relation(self, several: Sequence[Anomaly], reason: Reason) -> Relation:
        """Return the relation of some that belong together; `reason` says why one does, if so."""
        own = self.sets.find(node(several[0]))
        ids = [each for each in self._incidents if self.sets.find(incident_node(each)) == own]
        due = {anomaly.anomaly_id for anomaly in self._due}
        return Relation(
            anomalies=tuple(a for a in several if a.anomaly_id in due),
            incident_ids=tuple(sorted(ids)),
            moved=tuple(a for a in several if a.anomaly_id not in due),
            reasons=self._reasons(several, ids, reason),
        )

    def _left(self) -> Iterable[Anomaly]:
        for incident_id in sorted(self._young):
            own = self.sets.find(incident_node(incident_id))
            for member in self._members[incident_id]:
                if self.sets.find(node(member)) != own:
                    yield member

    def _reasons(
        self, several: Sequence[Anomaly], ids: Collection[str], reason: Reason
    ) -> dict[str, str]:
        strayed: dict[Series, list[datetime]] = {}
        for member in (member for each in ids for member in self._members[each]):
            if not member.is_received:
                strayed.setdefault(member.series, []).append(member.detected_at)
        affected = {s for each in ids for s in self._own_series(self._incidents[each])}
        reasons = {}
        for position, anomaly in enumerate(several):
            series, is_own = anomaly.series, not anomaly.is_received
            if is_own and (series in affected or series in strayed):
                before = strayed.setdefault(series, [])
                reasons[anomaly.anomaly_id] = again(before, anomaly.detected_at)
            elif position == 0 and not ids:
                reasons[anomaly.anomaly_id] = OPENED
            else:
                reasons[anomaly.anomaly_id] = reason(anomaly) or OPENED
            if is_own:
                strayed.setdefault(series, []).append(anomaly.detected_at)
        return reasons

    def _anchors(self, incident: Incident) -> Iterable[Node]:
        members = self._members[incident.incident_id]
        if incident.incident_id not in self._young:
            alerts = [node(member) for member in members if member.is_received]
            return [*map(node, self._own_series(incident)), *alerts]
        # Whoever opened it gave it its name, and can leave it for no incident of another name.
        openers = [each for each in members if new_incident_id(each) == incident.incident_id]
        firsts = [each for each in members if each.anomaly_id == incident.anomaly_ids[0]]
        return [node(each) for each in openers or firsts]

    def _own_series(self, incident: Incident) -> list[Series]:
        """Return what strayed in it, without services of which only others have told.

        An alert may fire for days: what strays meanwhile in its service need not be its trouble.
        """
        told = {Series(name) for group in incident.received for name in group.services}
        members = self._members[incident.incident_id]
        own = {member.series for member in members if not member.is_received}
        return [each for each in incident.affected if each not in told or each in own]


def event_time(anomaly: Anomaly) -> tuple[datetime, datetime, str]:
    """Return a key that sorts anomalies as they are taken."""
    return anomaly.detected_at, anomaly.started_at, anomaly.anomaly_id


def _was_ended_before(incident: Incident, due: Sequence[Anomaly]) -> bool:
    """Whether a person ended it before any of `due` began: only its own series go back to it."""
    ended_at = incident.resolved_at if incident.resolved_by is not None else None
    return ended_at is not None and all(anomaly.started_at > ended_at for anomaly in due)


def _is_young(
    incident: Incident, members: Sequence[Anomaly], at: datetime, within: timedelta
) -> bool:
    """Whether all of it was detected within the time in which anomalies are joined."""
    return (
        incident.status is IncidentStatus.OPEN
        and not incident.steps
        and at - incident.first_detected_at <= within
        and {member.anomaly_id for member in members} == set(incident.anomaly_ids)
        and incident.anomaly_count == sum(member.counts_as for member in members)
    )
