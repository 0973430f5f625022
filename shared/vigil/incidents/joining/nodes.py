"""What stands for series, incidents and received alerts in the sets of what belongs together."""

from collections.abc import Iterable

from vigil.incidents.disjoint_sets import DisjointSets
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series

Node = tuple[str, object]


def node(of: Anomaly | Series) -> Node:
    """Return what stands for a series, or for an anomaly.

    That is its series; but of a service there may be many received alerts, and each stands for
    itself.
    """
    if isinstance(of, Series):
        return "series", of
    if of.is_received:
        return "alert", of.anomaly_id
    return "series", of.series


def incident_node(incident_id: str) -> Node:
    """Return what stands for an incident."""
    return "incident", incident_id


def anchored(sets: DisjointSets, incident_id: str, nodes: Iterable[Node]) -> None:
    """Join an incident with what cannot leave it."""
    for each in nodes:
        sets.join(incident_node(incident_id), each)
