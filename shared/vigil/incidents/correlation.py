"""From anomalies to incidents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from vigil.incidents.incident_from_anomalies import incident_from_anomalies, new_incident_id
from vigil.incidents.relation import Relation, relate
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.tenant import Thresholds


@dataclass(frozen=True, slots=True)
class Correlation:
    """What correlating changed.

    `incidents` are the new and the changed ones, by when they were first detected. `assigned` says,
    for every anomaly that was taken or moved, in which incident it now is. `members` has all
    anomalies of every changed incident but the merged ones, which have none left.
    """

    incidents: tuple[Incident, ...] = ()
    assigned: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, tuple[Anomaly, ...]] = field(default_factory=dict)


def correlate(
    pending: Sequence[Anomaly],
    open_incidents: Sequence[Incident],
    members: Mapping[str, Sequence[Anomaly]],
    *,
    settled_until: datetime,
    thresholds: Thresholds,
) -> Correlation:
    """Put every pending anomaly that was detected no later than `settled_until` into an incident.

    `members` has the anomalies of the open incidents that are still kept. An anomaly that is in an
    incident already goes back to it, and changes nothing else.

    Anomalies are taken in event time, those detected at one instant together, so neither the order
    of `pending` nor the number of calls matters, as long as every call has all unassigned anomalies
    up to its `settled_until` and that never goes back. At each instant, first the incidents that
    have been quiet are resolved; then anomalies that belong together join their open incident, or
    the earliest where there are several, into which the others are merged, or open a new one. In
    the end, what was quiet until `settled_until` is resolved.
    """
    progress = _Progress(open_incidents, members)
    within = timedelta(seconds=thresholds.correlation_seconds)
    settled = (a for a in progress.unassigned(pending) if a.detected_at <= settled_until)
    for detected_at, due in _by_instant(settled):
        progress.resolve_quiet(detected_at, thresholds)
        progress.take(due, within)
    progress.resolve_quiet(settled_until, thresholds)
    return progress.correlation()


def resolve_quiet(
    open_incidents: Iterable[Incident], *, settled_until: datetime, thresholds: Thresholds
) -> tuple[Incident, ...]:
    """Return those of `open_incidents` that are over, resolved.

    An incident is over when it has had no anomaly for longer than `quiet_seconds`, and nobody has
    reopened it for as long. It is resolved
    as of the end of that time, whenever this is asked. To be asked only when all anomalies up to
    `settled_until` are in.
    """
    quiet = timedelta(seconds=thresholds.quiet_seconds)
    return tuple(
        replace(
            incident,
            status=IncidentStatus.RESOLVED,
            resolved_at=incident.last_heard_at + quiet,
        )
        for incident in open_incidents
        if incident.last_heard_at + quiet < settled_until
    )


def _by_instant(anomalies: Iterable[Anomaly]) -> Iterator[tuple[datetime, list[Anomaly]]]:
    in_order = sorted(anomalies, key=_event_time)
    for detected_at, due in groupby(in_order, key=lambda anomaly: anomaly.detected_at):
        yield detected_at, list({anomaly.anomaly_id: anomaly for anomaly in due}.values())


def _event_time(anomaly: Anomaly) -> tuple[datetime, datetime, str]:
    return anomaly.detected_at, anomaly.started_at, anomaly.anomaly_id


def _seniority(incident: Incident) -> tuple[datetime, str]:
    return incident.first_detected_at, incident.incident_id


class _Progress:
    """The incidents while they are worked on."""

    def __init__(
        self, open_incidents: Sequence[Incident], members: Mapping[str, Sequence[Anomaly]]
    ) -> None:
        self._open = {incident.incident_id: incident for incident in open_incidents}
        self._members = {each: tuple(members.get(each, ())) for each in self._open}
        self._known = {a: i.incident_id for i in open_incidents for a in i.anomaly_ids}
        self._changed: dict[str, Incident] = {}
        self._assigned: dict[str, str] = {}

    def unassigned(self, pending: Sequence[Anomaly]) -> list[Anomaly]:
        """Return what is in no incident; what was found again goes back to where it was."""
        free = {a.anomaly_id: a for a in pending if a.incident_id is None}
        self._assigned |= {each: self._known[each] for each in free.keys() & self._known.keys()}
        return [anomaly for each, anomaly in free.items() if each not in self._known]

    def resolve_quiet(self, until: datetime, thresholds: Thresholds) -> None:
        for over in resolve_quiet(self._open.values(), settled_until=until, thresholds=thresholds):
            self._close(over)

    def take(self, due: Sequence[Anomaly], within: timedelta) -> None:
        for relation in relate(due, self._open.values(), self._members, within=within):
            self._follow(relation)

    def _follow(self, relation: Relation) -> None:
        linked = sorted((self._open[each] for each in relation.incident_ids), key=_seniority)
        # One that a person has resolved takes in what is left of it, never one that still stands.
        joined = [each for each in linked if each.status is IncidentStatus.OPEN] or linked
        incident_id = joined[0].incident_id if joined else new_incident_id(relation.anomalies[0])
        for other in joined[1:]:
            self._close(replace(other, status=IncidentStatus.MERGED, merged_into=incident_id))
        moved = [a for other in joined[1:] for a in self._members.pop(other.incident_id)]
        added = (*moved, *relation.anomalies)
        self._members[incident_id] = (*self._members.get(incident_id, ()), *added)
        self._assigned |= {anomaly.anomaly_id: incident_id for anomaly in added}
        self._open[incident_id] = self._changed[incident_id] = incident_from_anomalies(
            incident_id,
            self._members[incident_id],
            earlier=joined,
            added=len(relation.anomalies),
        )

    def correlation(self) -> Correlation:
        return Correlation(
            incidents=tuple(sorted(self._changed.values(), key=_seniority)),
            assigned=self._assigned,
            members={i: self._members[i] for i in self._changed if i in self._members},
        )

    def _close(self, incident: Incident) -> None:
        del self._open[incident.incident_id]
        self._changed[incident.incident_id] = incident
