"""The life of an alert: open, acknowledged, resolved, and back only if a person says so."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from vigil.alerting.routing import route
from vigil.errors import InvalidRequest
from vigil.model.alert import Alert, AlertStatus
from vigil.model.anomaly import Anomaly
from vigil.model.channel import Channel
from vigil.model.identity import content_id
from vigil.model.incident import Incident
from vigil.model.severity import Severity
from vigil.model.verdict import cause_in_words


def alert_id_of(tenant_id: str, incident_id: str) -> str:
    """Return the id of the one alert that an incident can open."""
    return content_id("alert", tenant_id, incident_id)


def open_alert(
    incident: Incident,
    root_anomaly: Anomaly,
    *,
    channels: Sequence[Channel],
    labels: Mapping[str, str] | None = None,
    shadow: bool = False,
) -> Alert:
    """Return the alert that `incident` opens, blaming `root_anomaly`.

    It names those of the tenant's `channels` that want to hear of it; in `shadow` mode, that would.
    `labels` identify it besides its service, endpoint and type. Whether an incident that Vigil has
    found is worth an alert is `incident.severity.pages`. Every instant is event time, so opening it
    again after a crash gives the same alert.
    """
    identifying = {
        **(labels or {}),
        "service": root_anomaly.service,
        "endpoint": root_anomaly.endpoint,
        "anomaly_type": root_anomaly.anomaly_type.value,
    }
    return Alert(
        alert_id=alert_id_of(incident.tenant_id, incident.incident_id),
        tenant_id=incident.tenant_id,
        fingerprint=fingerprint(incident.tenant_id, identifying),
        incident_id=incident.incident_id,
        status=AlertStatus.OPEN,
        severity=incident.severity,
        title=incident.title,
        anomaly=root_anomaly,
        anomaly_count=incident.anomaly_count,
        created_at=incident.first_detected_at,
        updated_at=incident.last_detected_at,
        labels=identifying,
        annotations=_annotations(incident),
        notification_channels=_channel_ids(incident.severity, channels),
        shadow=shadow,
    )


def fold(alert: Alert, incident: Incident, *, channels: Sequence[Channel]) -> Alert:
    """Return `alert` with what has become of its incident since, and its revision one higher.

    The severity is only ever raised, and channels that want to hear of the higher one are added. An
    incident that others were merged into may be given too: the alert is its alert from then on. A
    resolved alert stays as it is, and folding what is already in it changes nothing.
    """
    if not alert.is_active:
        return alert
    severity = max(alert.severity, incident.severity, key=lambda each: each.rank)
    told = (*alert.notification_channels, *_channel_ids(severity, channels))
    folded = replace(
        alert,
        incident_id=incident.incident_id,
        severity=severity,
        title=incident.title,
        anomaly_count=max(alert.anomaly_count, incident.anomaly_count),
        updated_at=max(alert.updated_at, incident.last_detected_at),
        annotations=_annotations(incident),
        notification_channels=tuple(dict.fromkeys(told)),
    )
    return alert if folded == alert else replace(folded, revision=alert.revision + 1)


def acknowledge(alert: Alert, *, by: str, now: datetime) -> Alert:
    """Return `alert` acknowledged; one that is acknowledged already stays with whoever was first.

    Raises InvalidRequest for a resolved alert: nobody needs to take it any more.
    """
    if not alert.is_active:
        raise InvalidRequest("the alert is resolved; it cannot be acknowledged any more")
    if alert.status is AlertStatus.ACKNOWLEDGED:
        return alert
    return replace(
        alert,
        status=AlertStatus.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=by,
        updated_at=max(alert.updated_at, now),
        revision=alert.revision + 1,
    )


def resolve(alert: Alert, *, by: str, now: datetime, note: str | None = None) -> Alert:
    """Return `alert` resolved, acknowledged before or not; a resolved one stays as it is."""
    if not alert.is_active:
        return alert
    return replace(
        alert,
        status=AlertStatus.RESOLVED,
        resolved_at=now,
        resolved_by=by,
        resolution_note=note,
        updated_at=max(alert.updated_at, now),
        revision=alert.revision + 1,
    )


def reopen(alert: Alert, *, by: str, now: datetime) -> Alert:
    """Return a resolved `alert` acknowledged by who says that it is not over; others as they are.

    They know of it, so nobody has to be woken.
    """
    if alert.is_active:
        return alert
    again = come_again(alert, now=now)
    return replace(again, status=AlertStatus.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=by)


def come_again(alert: Alert, *, now: datetime) -> Alert:
    """Return an `alert` that had ended by itself open again, since the same trouble is back.

    Whoever had it was told that it is over: it is nobody's now.
    """
    if alert.is_active:
        return alert
    return replace(
        alert,
        status=AlertStatus.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        resolved_at=None,
        resolved_by=None,
        resolution_note=None,
        updated_at=max(alert.updated_at, now),
        times_reopened=alert.times_reopened + 1,
        revision=alert.revision + 1,
    )


def fingerprint(tenant_id: str, labels: Mapping[str, str]) -> str:
    """Return the identity of what is wrong, `v1:` and 32 digits: the same whenever it is wrong.

    >>> fingerprint("acme", {"a": "1", "b": "2"}) == fingerprint("acme", {"b": "2", "a": "1"})
    True
    """
    pairs = (part for label in sorted(labels.items()) for part in label)
    return "v1:" + content_id("fingerprint", tenant_id, *pairs).removeprefix("v1-")


def _annotations(incident: Incident) -> dict[str, str]:
    return {
        "summary": incident.title,
        "description": incident.root_cause.issue,
        "reason": cause_in_words(incident),
    }


def _channel_ids(severity: Severity, channels: Sequence[Channel]) -> tuple[str, ...]:
    return tuple(channel.channel_id for channel in route(severity, channels))
