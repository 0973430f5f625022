"""From anomalies to incidents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from vigil.incidents.incident_from_anomalies import incident_from_anomalies, strays_again, without
from vigil.incidents.incident_id import new_incident_id
from vigil.incidents.lifecycle import reopen
from vigil.incidents.relation import Relation, Surroundings, event_time, relate
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.received_group import ReceivedGroup
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


def correlate(  # noqa: PLR0913 - what is known of a tenant
    pending: Sequence[Anomaly],
    open_incidents: Sequence[Incident],
    members: Mapping[str, Sequence[Anomaly]],
    *,
    settled_until: datetime,
    thresholds: Thresholds,
    surroundings: Surroundings | None = None,
    quiet_until: datetime | None = None,
    received: Iterable[ReceivedGroup] = (),
) -> Correlation:
    """Put every pending anomaly that was detected no later than `settled_until` into an incident.

    `members` has the anomalies of the open incidents that are still kept. An anomaly that is in an
    incident already goes back to it, and changes nothing else.

    Anomalies are taken in event time, those detected at one instant together, so neither the order
    of `pending` nor the number of calls matters, as long as every call has all unassigned anomalies
    up to its `settled_until` and that never goes back. At each instant, first the incidents that
    have been quiet are resolved; then anomalies that belong together join their open incident, or
    the earliest where there are several, into which the others are merged, or reopen one that has
    become quiet lately (such ones may be among `open_incidents`), or open a new one. In the end,
    what was quiet until `settled_until` is resolved; where not all has been judged that far, what
    was quiet until `quiet_until`. `received` are the groups for which some of `pending` stand.
    """
    around = surroundings or Surroundings()
    progress = _Progress(open_incidents, members, thresholds, around, received)
    known_until = quiet_until or settled_until
    settled = (a for a in progress.unassigned(pending) if a.detected_at <= settled_until)
    for detected_at, due in _by_instant(settled):
        progress.resolve_quiet(min(detected_at, known_until))
        progress.take(due)
    progress.resolve_quiet(known_until)
    return progress.correlation()


def resolve_quiet(
    open_incidents: Iterable[Incident], *, settled_until: datetime, thresholds: Thresholds
) -> tuple[Incident, ...]:
    """Return those of `open_incidents` that are over, resolved.

    An incident is over when it has had no anomaly for longer than `quiet_seconds`, nobody has
    reopened it for as long, and no alert that others have raised of it fires. It is resolved as of
    the end of that time, whenever this is asked. To be asked only when all anomalies up to
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
        if incident.last_heard_at + quiet < settled_until and not incident.is_firing
    )


def _by_instant(anomalies: Iterable[Anomaly]) -> Iterator[tuple[datetime, list[Anomaly]]]:
    in_order = sorted(anomalies, key=event_time)
    for detected_at, due in groupby(in_order, key=lambda anomaly: anomaly.detected_at):
        yield detected_at, list({anomaly.anomaly_id: anomaly for anomaly in due}.values())


def _seniority(incident: Incident) -> tuple[datetime, str]:
    return incident.first_detected_at, incident.incident_id


def _is_quiet(incident: Incident) -> bool:
    """Whether it was over by itself, not by what a person said."""
    return incident.status is IncidentStatus.RESOLVED and incident.resolved_by is None


class _Progress:
    """The incidents while they are worked on."""

    def __init__(
        self,
        incidents: Sequence[Incident],
        members: Mapping[str, Sequence[Anomaly]],
        thresholds: Thresholds,
        surroundings: Surroundings,
        received: Iterable[ReceivedGroup],
    ) -> None:
        self._open = {each.incident_id: each for each in incidents if not _is_quiet(each)}
        self._quiet = {each.incident_id: each for each in incidents if _is_quiet(each)}
        self._members = {i.incident_id: tuple(members.get(i.incident_id, ())) for i in incidents}
        self._known = {a: i.incident_id for i in incidents for a in i.anomaly_ids}
        self._thresholds = thresholds
        self._within = timedelta(seconds=thresholds.correlation_seconds)
        self._surroundings = surroundings
        groups = [*(group for each in incidents for group in each.received), *received]
        self._groups = {group.anomaly_id: group for group in groups}
        self._changed: dict[str, Incident] = {}
        self._assigned: dict[str, str] = {}

    def unassigned(self, pending: Sequence[Anomaly]) -> list[Anomaly]:
        """Return what is in no incident; what was found again goes back to where it was."""
        free = {a.anomaly_id: a for a in pending if a.incident_id is None}
        self._assigned |= {each: self._known[each] for each in free.keys() & self._known.keys()}
        return [anomaly for each, anomaly in free.items() if each not in self._known]

    def resolve_quiet(self, until: datetime) -> None:
        for over in resolve_quiet(
            self._open.values(), settled_until=until, thresholds=self._thresholds
        ):
            self._close(over)
            if _is_quiet(over):
                self._quiet[over.incident_id] = over

    def take(self, due: Sequence[Anomaly]) -> None:
        relations = relate(
            due,
            self._open.values(),
            self._members,
            within=self._within,
            surroundings=self._surroundings,
        )
        for anomaly in (anomaly for relation in relations for anomaly in relation.moved):
            self._leave(anomaly)
        for relation in relations:
            self._follow(relation)

    def _leave(self, anomaly: Anomaly) -> None:
        """Take one out of the incident that it was in; others of that stay."""
        incident = next(i for i in self._open.values() if anomaly.anomaly_id in i.anomaly_ids)
        left = [a for a in self._members[incident.incident_id] if a != anomaly]
        self._members[incident.incident_id] = tuple(left)
        self._put(without(incident, left, calls=self._surroundings.calls))

    def _follow(self, relation: Relation) -> None:
        taken = sorted((*relation.anomalies, *relation.moved), key=event_time)
        linked = sorted((self._open[each] for each in relation.incident_ids), key=_seniority)
        # One that a person has resolved takes in what is left of it, never one that still stands.
        joined = [each for each in linked if each.status is IncidentStatus.OPEN] or linked
        joined = joined or self._reopened(taken)
        incident_id = joined[0].incident_id if joined else new_incident_id(taken[0])
        for other in joined[1:]:
            self._close(replace(other, status=IncidentStatus.MERGED, merged_into=incident_id))
        moved = [a for other in joined[1:] for a in self._members.pop(other.incident_id)]
        added = (*moved, *taken)
        self._members[incident_id] = (*self._members.get(incident_id, ()), *added)
        self._assigned |= {anomaly.anomaly_id: incident_id for anomaly in added}
        self._put(
            incident_from_anomalies(
                incident_id,
                self._members[incident_id],
                earlier=joined,
                added=sum(anomaly.counts_as for anomaly in taken),
                reasons=relation.reasons,
                received=self._groups,
                calls=self._surroundings.calls,
            )
        )

    def _reopened(self, taken: Sequence[Anomaly]) -> list[Incident]:
        """Return what has become quiet lately and now strays again, open again; the latest only."""
        at = taken[0].detected_at
        within = timedelta(seconds=self._thresholds.reopen_within_seconds)
        again = [
            each
            for each in self._quiet.values()
            if at - (each.resolved_at or at) <= within
            and any(strays_again(each, anomaly) for anomaly in taken)
        ]
        latest = max(
            again, key=lambda each: (each.last_detected_at, *_seniority(each)), default=None
        )
        if latest is None:
            return []
        del self._quiet[latest.incident_id]
        note = f"{taken[0].series} strayed again"
        return [reopen(latest, by="vigil", now=at, note=note)]

    def correlation(self) -> Correlation:
        return Correlation(
            incidents=tuple(sorted(self._changed.values(), key=_seniority)),
            assigned=self._assigned,
            members={i: self._members[i] for i in self._changed if i in self._members},
        )

    def _put(self, incident: Incident) -> None:
        self._open[incident.incident_id] = self._changed[incident.incident_id] = incident

    def _close(self, incident: Incident) -> None:
        del self._open[incident.incident_id]
        self._changed[incident.incident_id] = incident
