"""The incident that somebody else has found: a group of received alerts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from vigil.incidents.incident_from_anomalies import failure_name
from vigil.incidents.incident_id import new_incident_id
from vigil.incidents.lifecycle import with_step
from vigil.incidents.relation import OPENED
from vigil.model.anomaly import Anomaly, AnomalyType, Evidence
from vigil.model.identity import content_id
from vigil.model.incident import Incident, IncidentStatus, RootCause
from vigil.model.incident_step import IncidentStep, StepKind
from vigil.model.received_alert import AlertGroup, ReceivedAlert
from vigil.model.received_group import ReceivedGroup
from vigil.model.series import Series

# How many alerts of a group are shown one by one; all are counted.
SHOWN = 20
_TOLD = 3
_TOLD_CHARACTERS = 300
_RUNBOOKS = ("runbook_url", "runbook")


def group_anomaly(tenant_id: str, group: AlertGroup, begun: Sequence[ReceivedAlert]) -> Anomaly:
    """Return the anomaly that stands for the alerts of a group that have `begun` to fire.

    There is at least one, and they are in the order in which they started. The id follows from the
    group and the first of them, so the same message gives the same anomaly again.
    """
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


def received_group(
    anomaly: Anomaly, group: AlertGroup, begun: Sequence[ReceivedAlert]
) -> ReceivedGroup:
    """Return the group as the part of an incident for which `anomaly` stands."""
    services = tuple(series.service for series in _affected((), begun))
    return ReceivedGroup(anomaly.anomaly_id, group.source, begun[0].name, services)


def incident_from_group(
    anomaly: Anomaly, group: AlertGroup, begun: Sequence[ReceivedAlert]
) -> Incident:
    """Return the incident that an anomaly of `group_anomaly` opens if it joins none.

    The first alert is named as the root cause, since its sender said so.
    """
    return Incident(
        incident_id=new_incident_id(anomaly),
        tenant_id=anomaly.tenant_id,
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
        correlated_failures=(failure_name(anomaly),),
        anomaly_count=len(begun),
        source=group.source,
        received=(received_group(anomaly, group, begun),),
        reasons={anomaly.anomaly_id: OPENED},
    )


def grown(anomaly: Anomaly, begun: Sequence[ReceivedAlert]) -> Anomaly:
    """Return the anomaly of a group with those of its alerts that have `begun` to fire since."""
    more = tuple(_evidence(alert) for alert in begun)
    total = anomaly.counts_as + len(begun)
    return replace(
        anomaly,
        evidence=(*anomaly.evidence, *more)[:SHOWN],
        metrics={**anomaly.metrics, "alerts": float(total)},
    )


def heard_again(
    incident: Incident, anomaly: Anomaly, group: AlertGroup, begun: Sequence[ReceivedAlert]
) -> Incident:
    """Return an open incident after a group in it was heard of, some of which may have `begun`.

    `anomaly` stands for the group as it now is. That it was heard of is noted in any case: it is
    kept for as long as somebody speaks of it.
    """
    services = [alert.service for alert in begun]
    heard = replace(
        incident,
        affected=_affected(incident.affected, begun),
        last_detected_at=max(incident.last_detected_at, group.received_at),
        anomaly_count=incident.anomaly_count + len(begun),
        received=tuple(
            _heard(each, services) if each.anomaly_id == anomaly.anomaly_id else each
            for each in incident.received
        ),
    )
    if len(incident.anomaly_ids) > 1:
        # It is one part of a longer story.
        return heard
    total = anomaly.counts_as
    cause = replace(incident.root_cause, issue=_issue(anomaly, total))
    return replace(heard, title=_title(anomaly, total), root_cause=cause)


def ceased(incident: Incident, anomaly_id: str, group: AlertGroup) -> Incident:
    """Return an incident in which the group of its for which `anomaly_id` stands fires no more.

    If others had found all of it and nothing else fires, it is resolved, by the source and as of
    when Vigil heard so. Otherwise it goes on, and is quiet from now on.
    """
    after = silenced(incident, anomaly_id)
    if incident.status is not IncidentStatus.OPEN:
        return after
    heard_at = max(incident.last_detected_at, group.received_at)
    if after.source is not None and not after.is_firing:
        return replace(
            after,
            status=IncidentStatus.RESOLVED,
            resolved_at=max(incident.first_detected_at, group.received_at),
            resolved_by=after.source.value,
        )
    name = next(each.name for each in after.received if each.anomaly_id == anomaly_id)
    note = f"{name} fires no more, {group.source.known_as} says"
    step = IncidentStep(StepKind.CEASED, heard_at, group.source.value, note)
    return with_step(replace(after, last_detected_at=heard_at), step)


def silenced(incident: Incident, anomaly_id: str) -> Incident:
    """Return an incident in which the group for which `anomaly_id` stands fires no more."""
    received = tuple(
        replace(each, is_firing=False) if each.anomaly_id == anomaly_id else each
        for each in incident.received
    )
    return replace(incident, received=received)


def _heard(group: ReceivedGroup, begun: Sequence[str]) -> ReceivedGroup:
    """Return the group after alerts of the services `begun` fire; one that had ceased fires again.

    A mere repeat has none of them, and changes nothing.
    """
    services = tuple(dict.fromkeys((*group.services, *begun)))[:SHOWN]
    return replace(group, services=services, is_firing=group.is_firing or bool(begun))


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
    """Return what is `known` to be affected, and the services of `alerts`, the first of many."""
    told = tuple(dict.fromkeys(Series(alert.service) for alert in alerts))[:SHOWN]
    new = [series for series in told if series not in known]
    return (*known, *new[: max(0, SHOWN - len(known))])


def _steps(group: AlertGroup, first: ReceivedAlert) -> tuple[str, ...]:
    runbook = next((first.annotations[name] for name in _RUNBOOKS if name in first.annotations), "")
    steps = [f"Follow its runbook: {runbook}"] if runbook else []
    if first.generator_url:
        steps.append(f"Look at what raised it: {first.generator_url}")
    if first.summary and first.description:
        steps.append(f"Read what was written about it: {first.description}")
    return tuple(steps)
