"""An alert as the API and the events show it."""

from datetime import datetime

from vigil.model.alert import Alert
from vigil.model.anomaly_json import anomaly_as_json
from vigil.model.instant import instant_as_text


def alert_as_json(alert: Alert, *, now: datetime, url: str | None = None) -> dict[str, object]:
    """Return an alert in the shape that the agent's clients know, with more keys after theirs.

    `duration_seconds` is whole seconds from when it was created until it was resolved, or until
    `now`; `url` is the page of the alert.
    """
    return {
        "alert_id": alert.alert_id,
        "anomaly": anomaly_as_json(alert.anomaly),
        "notification_channels": list(alert.notification_channels),
        "created_at": instant_as_text(alert.created_at),
        "acknowledged_at": _instant(alert.acknowledged_at),
        "resolved_at": _instant(alert.resolved_at),
        "duration_seconds": _duration_seconds(alert, now),
        "is_active": alert.is_active,
        "escalated": alert.escalated,
        "incident_id": alert.incident_id,
        "status": alert.status.value,
        "severity": alert.severity.value,
        "title": alert.title,
        "fingerprint": alert.fingerprint,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "anomaly_count": alert.anomaly_count,
        "acknowledged_by": alert.acknowledged_by,
        "resolved_by": alert.resolved_by,
        "resolution_note": alert.resolution_note,
        "updated_at": instant_as_text(alert.updated_at),
        "revision": alert.revision,
        "shadow": alert.shadow,
        "url": url,
    }


def _duration_seconds(alert: Alert, now: datetime) -> int:
    # It is created in event time, which is ahead of the clock if the log's writer is.
    return max(0, int(((alert.resolved_at or now) - alert.created_at).total_seconds()))


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant_as_text(at)
