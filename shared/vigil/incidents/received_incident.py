"""The incident that somebody else has found: a group of received alerts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from vigil.incidents.incident_id import new_incident_id
from vigil.model.anomaly import Anomaly, AnomalyType, Evidence
from vigil.model.identity import content_id
from vigil.model.incident import Incident, IncidentStatus, RootCause
from vigil.model.received_alert import AlertGroup, ReceivedAlert
from vigil.model.series import Series

# How many alerts of a group are shown one by one; all are counted.
SHOWN = 20
_TOLD = 3
_TOLD_CHARACTERS = 300
_RUNBOOKS = ("runbook_url", "runbook")


def incident_from_group(
    tenant_id: str, group: AlertGroup, begun: Sequence[ReceivedAlert]
) -> tuple[Incident, Anomaly]:
    """Return the incident that `begun` opens, and the anomaly that stands for it.

    There is at least one, and they are in the order in which they started. The first is named as
    the root cause, since its sender said so. The ids follow from the group and that alert, so the
    same message opens the same incident again.
    """
    anomaly = _anomaly(tenant_id, group, begun)
    incident_id = new_incident_id(anomaly)
    incident = Incident(
        incident_id=incident_id,
        tenant_id=tenant_id,
        status=IncidentStatus.OPEN,
        severity=group.severity,
        title=_title(anomaly, len(begun)),
        root_cause=RootCause(
            anomaly_id=anomaly.anomaly_id,
            service=anomaly.service,
            endpoint=anomaly.endpoint,
            issue=_issue(anomaly, len(begun)),
            confidence=anomaly.confidence,
            reason=_reason(group, anomaly.started_at),
        ),
        affected=_affected((), begun),
        anomaly_ids=(anomaly.anomaly_id,),
        started_at=anomaly.started_at,
        first_detected_at=group.received_at,
        last_detected_at=group.received_at,
        anomaly_count=len(begun),
        source=group.source,
    )
    return incident, replace(anomaly, incident_id=incident_id)


def heard_again(
    incident: Incident, anomaly: Anomaly, group: AlertGroup, begun: Sequence[ReceivedAlert]
) -> tuple[Incident, Anomaly]:
    """Return an open incident and its anomaly with those that have `begun` to fire since, if any.

    That it was heard of is noted in any case: it is kept for as long as somebody speaks of it.
    """
    total = incident.anomaly_count + len(begun)
    more = tuple(_evidence(alert) for alert in begun)
    grown = replace(
        anomaly,
        evidence=(*anomaly.evidence, *more)[:SHOWN],
        metrics={**anomaly.metrics, "alerts": float(total)},
    )
    heard = replace(
        incident,
        title=_title(grown, total),
        root_cause=replace(incident.root_cause, issue=_issue(grown, total)),
        affected=_affected(incident.affected, begun),
        last_detected_at=max(incident.last_detected_at, group.received_at),
        anomaly_count=total,
    )
    return heard, grown


def ended(incident: Incident, group: AlertGroup) -> Incident:
    """Return it resolved by its source, as of when Vigil heard so."""
    return replace(
        incident,
        status=IncidentStatus.RESOLVED,
        resolved_at=max(incident.first_detected_at, group.received_at),
        resolved_by=group.source.value,
    )


def _anomaly(tenant_id: str, group: AlertGroup, begun: Sequence[ReceivedAlert]) -> Anomaly:
    first = begun[0]
    identity = group.group_id, first.fingerprint, first.starts_at.isoformat()
    # A sender's clock may be ahead of ours.
    started_at = min(first.starts_at, group.received_at)
    return Anomaly(
        anomaly_id=content_id("received", tenant_id, *identity),
        tenant_id=tenant_id,
        anomaly_type=AnomalyType.RECEIVED_ALERT,
        severity=group.severity,
        service=first.service,
        endpoint="",
        description=_said(first),
        confidence=1.0,
        window_started_at=started_at,
        started_at=started_at,
        detected_at=group.received_at,
        metrics={"alerts": float(len(begun))},
        evidence=tuple(_evidence(alert) for alert in begun[:SHOWN]),
        recommended_actions=_steps(group, first),
    )


def _evidence(alert: ReceivedAlert) -> Evidence:
    at = alert.starts_at
    return Evidence(alert.name, _said(alert), count=1, first_seen_at=at, last_seen_at=at)


def _said(alert: ReceivedAlert) -> str:
    """Return what its sender says of it."""
    return alert.summary or alert.description or f"{alert.name} in {alert.service}"


def _title(anomaly: Anomaly, total: int) -> str:
    count = f", {total} alerts" if total > 1 else ""
    return f"{anomaly.evidence[0].template} in {anomaly.service}{count}"


def _issue(anomaly: Anomaly, total: int) -> str:
    """Return what the first of them say, and how many more there are."""
    told = [seen.exemplar[:_TOLD_CHARACTERS] for seen in anomaly.evidence[:_TOLD]]
    if total == 1:
        return told[0]
    more = f"; and {total - len(told)} more" if total > len(told) else ""
    return f"{total} alerts: {'; '.join(told)}{more}"


def _reason(group: AlertGroup, since: datetime) -> str:
    at = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    left_out = f", and has left out {group.truncated} more alerts" if group.truncated else ""
    return f"{group.source.known_as} says so since {at} UTC{left_out}"


def _affected(known: Sequence[Series], alerts: Sequence[ReceivedAlert]) -> tuple[Series, ...]:
    series = dict.fromkeys((*known, *(Series(alert.service) for alert in alerts)))
    return tuple(series)[:SHOWN]


def _steps(group: AlertGroup, first: ReceivedAlert) -> tuple[str, ...]:
    runbook = next((first.annotations[name] for name in _RUNBOOKS if name in first.annotations), "")
    steps = [f"Follow its runbook: {runbook}"] if runbook else []
    if first.generator_url:
        steps.append(f"Look at what raised it: {first.generator_url}")
    if first.summary and first.description:
        steps.append(f"Read what was written about it: {first.description}")
    return tuple(steps)
