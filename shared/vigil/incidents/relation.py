"""Which anomalies belong together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from vigil.incidents.disjoint_sets import DisjointSets
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident
from vigil.model.series import Series

Node = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Relation:
    """New anomalies that belong together, and the open incidents they belong to, if any."""

    anomalies: tuple[Anomaly, ...]
    incident_ids: tuple[str, ...]


def relate(
    due: Sequence[Anomaly],
    open_incidents: Collection[Incident],
    members: Mapping[str, Sequence[Anomaly]],
    *,
    within: timedelta,
) -> list[Relation]:
    """Part the anomalies `due` (at least one) of one instant into those that belong together.

    `members` has the anomalies of every open incident that are still kept. Two anomalies are linked
    if they were detected at most `within` apart and are of one series, share a trace, or one's
    series is a caller of the other. Besides, an incident that is open has every new anomaly of a
    series it affects, however long ago that series last strayed: otherwise it would be told of
    twice. Relations come in the order of their first anomaly in `due`.
    """
    sets = _joined(due, open_incidents, members, within)
    incidents = _by_set(sets, open_incidents)
    related: dict[object, list[Anomaly]] = {}
    for anomaly in due:
        related.setdefault(sets.find(_node(anomaly)), []).append(anomaly)
    return [
        Relation(tuple(anomalies), tuple(sorted(incidents.get(key, ()))))
        for key, anomalies in related.items()
    ]


def _joined(
    due: Sequence[Anomaly],
    open_incidents: Collection[Incident],
    members: Mapping[str, Sequence[Anomaly]],
    within: timedelta,
) -> DisjointSets:
    sets = DisjointSets()
    for incident in open_incidents:
        for series in incident.affected:
            sets.join(_incident_node(incident), ("series", series))
    near = [(_node(anomaly), anomaly) for anomaly in due]
    near += [
        (_incident_node(incident), member)
        for incident in open_incidents
        for member in members[incident.incident_id]
        if abs(member.detected_at - due[0].detected_at) <= within
    ]
    strayed = {anomaly.series for _, anomaly in near}
    for node, anomaly in near:
        for link in _links(anomaly, strayed):
            sets.join(node, link)
    return sets


def _links(anomaly: Anomaly, strayed: Collection[Series]) -> Iterable[Node]:
    yield "series", anomaly.series
    for trace_id in anomaly.trace_ids:
        yield "trace", trace_id
    for caller in anomaly.callers:
        # A caller that is well links nothing: two of its callees may fail for different reasons.
        if caller in strayed:
            yield "series", caller


def _node(anomaly: Anomaly) -> Node:
    return "anomaly", anomaly.anomaly_id


def _incident_node(incident: Incident) -> Node:
    return "incident", incident.incident_id


def _by_set(sets: DisjointSets, incidents: Iterable[Incident]) -> dict[object, list[str]]:
    grouped: dict[object, list[str]] = {}
    for incident in incidents:
        key = sets.find(_incident_node(incident))
        grouped.setdefault(key, []).append(incident.incident_id)
    return grouped
