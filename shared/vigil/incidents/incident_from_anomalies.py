"""An incident as the anomalies that belong to it make it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.relation import OPENED
from vigil.incidents.root_cause import find_root_cause, precedence
from vigil.incidents.title import called, title
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.incident import MOST_STEPS, Incident, IncidentStatus
from vigil.model.incident_step import IncidentStep, StepKind
from vigil.model.received_group import ReceivedGroup
from vigil.model.series import Series

T = TypeVar("T")

# An incident that nobody ends may go on for days; its document has to stay small.
NAMED_ANOMALIES = 200

_FAILURES = {
    AnomalyType.ERROR_SPIKE: "errors",
    AnomalyType.LATENCY_INCREASE: "latency",
    AnomalyType.UNUSUAL_PATTERN: "pattern",
    AnomalyType.RESOURCE_EXHAUSTION: "exhaustion",
    AnomalyType.SECURITY_INCIDENT: "security",
    AnomalyType.PERFORMANCE_DEGRADATION: "degradation",
    AnomalyType.RECEIVED_ALERT: "alert",
}


def incident_from_anomalies(  # noqa: PLR0913 - what an incident is made of
    incident_id: str,
    anomalies: Sequence[Anomaly],
    *,
    earlier: Sequence[Incident] = (),
    added: int | None = None,
    reasons: Mapping[str, str] | None = None,
    received: Mapping[str, ReceivedGroup] | None = None,
    calls: KnownCalls | None = None,
) -> Incident:
    """Return the open incident that `anomalies` (at least one, in any order) make.

    `earlier` is what was known of it, the senior first where several have become one. What it says
    of anomalies that are no longer kept is kept: nothing leaves an incident and its severity is
    never lowered. Its alert is the first one among them; its explanation, suspects, differences and
    impact are the senior's, until they are found anew. `added` says how many of `anomalies` are in
    none of `earlier`, counting every received alert; None means all. `reasons` says of those, by
    id, why they belong to it, and `received` which group of alerts they stand for, if they do.
    `calls` are known beside those that the anomalies have seen.
    """
    struck = sorted(anomalies, key=precedence)
    cause = find_root_cause(struck, calls)
    root = next(anomaly for anomaly in struck if anomaly.anomaly_id == cause.anomaly_id)
    parts: list[Anomaly | Incident] = [*struck, *earlier]
    detected_at = [anomaly.detected_at for anomaly in struck]
    affected = _with_gone((i.affected for i in earlier), [anomaly.series for anomaly in struck])
    anomaly_ids = _first_ids(earlier, struck)
    groups = _groups(earlier, struck, received or {})
    return Incident(
        incident_id=incident_id,
        tenant_id=root.tenant_id,
        status=IncidentStatus.OPEN,
        severity=max((part.severity for part in parts), key=lambda severity: severity.rank),
        title=title(called(root), root.series, affected),
        root_cause=cause,
        affected=affected,
        anomaly_ids=anomaly_ids,
        started_at=min(part.started_at for part in parts),
        first_detected_at=min(detected_at + [i.first_detected_at for i in earlier]),
        last_detected_at=max(detected_at + [i.last_detected_at for i in earlier]),
        trace_id=_most_shared_trace(struck),
        correlated_failures=_with_gone(
            (i.correlated_failures for i in earlier), [failure_name(a) for a in struck]
        ),
        anomaly_count=sum(i.anomaly_count for i in earlier)
        + (sum(anomaly.counts_as for anomaly in struck) if added is None else added),
        alert_id=next((i.alert_id for i in earlier if i.alert_id), None),
        explanation=earlier[0].explanation if earlier else None,
        suspects=earlier[0].suspects if earlier else (),
        changes=_with_gone((i.changes for i in earlier), ()),
        differences=earlier[0].differences if earlier else (),
        impact=earlier[0].impact if earlier else None,
        reasons=_reasons(earlier, reasons or {}, anomaly_ids),
        steps=_steps(earlier, max(detected_at)),
        received=groups,
        source=groups[0].source if _is_of_others(earlier, struck) else None,
    )


def without(
    incident: Incident, left: Sequence[Anomaly], *, calls: KnownCalls | None = None
) -> Incident:
    """Return an open incident of which only the anomalies `left` (at least one) are members.

    All of it has to be known. What was said of its severity and its alert stands.
    """
    kept = incident_from_anomalies(
        incident.incident_id,
        left,
        reasons=incident.reasons,
        received={group.anomaly_id: group for group in incident.received},
        calls=calls,
    )
    return replace(
        kept,
        severity=max(incident.severity, kept.severity, key=lambda severity: severity.rank),
        alert_id=incident.alert_id,
        explanation=incident.explanation,
        steps=incident.steps,
    )


def strays_again(incident: Incident, anomaly: Anomaly) -> bool:
    """Whether an anomaly is of a series that strayed in the incident, and in the same way."""
    return (
        anomaly.series in incident.affected
        and failure_name(anomaly) in incident.correlated_failures
    )


def _reasons(
    earlier: Sequence[Incident], new: Mapping[str, str], anomaly_ids: Sequence[str]
) -> dict[str, str]:
    """Return why each named anomaly belongs to it, the first that was said of it."""
    known = dict(new)
    for position, incident in enumerate(earlier):
        came_along = f"it is of {incident.incident_id}, which became part of this"
        known |= {
            anomaly_id: came_along if position and reason == OPENED else reason
            for anomaly_id, reason in incident.reasons.items()
        }
    return {each: known[each] for each in anomaly_ids if each in known}


def _steps(earlier: Sequence[Incident], at: datetime) -> tuple[IncidentStep, ...]:
    """Return what was done to each of them, and that all but the first became part of it."""
    known = [step for incident in earlier for step in incident.steps]
    merged = [
        IncidentStep(StepKind.MERGED, at, "vigil", incident.title, incident.incident_id)
        for incident in earlier[1:]
    ]
    return tuple(sorted([*known, *merged], key=lambda step: step.at))[-MOST_STEPS:]


def _groups(
    earlier: Sequence[Incident],
    struck: Sequence[Anomaly],
    received: Mapping[str, ReceivedGroup],
) -> tuple[ReceivedGroup, ...]:
    known = {group.anomaly_id: group for incident in earlier for group in incident.received}
    known |= {a.anomaly_id: received[a.anomaly_id] for a in struck if a.anomaly_id in received}
    return tuple(known.values())


def _is_of_others(earlier: Sequence[Incident], struck: Sequence[Anomaly]) -> bool:
    """Whether Vigil itself has found nothing of it."""
    return all(anomaly.is_received for anomaly in struck) and all(
        i.source is not None for i in earlier
    )


def _first_ids(earlier: Sequence[Incident], struck: Sequence[Anomaly]) -> tuple[str, ...]:
    known = [anomaly_id for incident in earlier for anomaly_id in incident.anomaly_ids]
    return tuple(dict.fromkeys([*known, *(a.anomaly_id for a in struck)]))[:NAMED_ANOMALIES]


def failure_name(anomaly: Anomaly) -> str:
    """Return the short name of what failed, as `trace_correlation` lists it.

    It is made of the endpoint's path (of the service's name, where there is none) and the kind of
    failure.
    """
    return f"{_short_name(anomaly.series)}_{_FAILURES[anomaly.anomaly_type]}"


def _short_name(series: Series) -> str:
    path = series.endpoint.rpartition(" ")[2]
    words = [word for word in path.split("/") if re.fullmatch(r"[\w-]+", word)]
    return "_".join(words) or series.service


def _with_gone(earlier: Iterable[Sequence[T]], present: Sequence[T]) -> tuple[T, ...]:
    """Return each once: first what was known earlier and is not present, then what is."""
    here = set(present)
    gone = [value for values in earlier for value in values if value not in here]
    return tuple(dict.fromkeys([*gone, *present]))


def _most_shared_trace(anomalies: Sequence[Anomaly]) -> str | None:
    """Return the trace that failed in most series, the first by name among equals."""
    series: dict[str, set[Series]] = defaultdict(set)
    for anomaly in anomalies:
        for trace_id in anomaly.trace_ids:
            series[trace_id].add(anomaly.series)
    return min(series, key=lambda trace_id: (-len(series[trace_id]), trace_id), default=None)
