"""The routes of alerts."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query

from vigil.alerting.alert_json import alert_as_json
from vigil.errors import InvalidRequest
from vigil.incidents.incident_json import incident_as_json
from vigil.model.alert import Alert, AlertStatus
from vigil.model.alert_change import AlertChange
from vigil.model.instant import instant_as_text
from vigil.model.notification import Notification
from vigil.stores.queries import (
    ALERT_HISTORY,
    ALERTS,
    ALERTS_BY_STATUS,
    NOTIFICATIONS_OF_ALERT,
)
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.api.answers import AlertAnswer, AlertsAnswer, AlertStoryAnswer, documented
from vigil.workflows.api.errors import Conflict, Json, found
from vigil.workflows.api.visit import MAX_LISTED, Id, Limit, Note, Responder, Viewer, Visit

_ACTIVE = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)
routes = APIRouter(tags=["alerts"])


class ListedStatus(StrEnum):
    """Which alerts to list."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ALL = "all"


@routes.get("/alerts", responses=documented(AlertsAnswer))
def list_alerts(
    visit: Viewer,
    status: Annotated[ListedStatus | None, Query(description="Left out: the active ones.")] = None,
    limit: Limit = MAX_LISTED,
) -> Json:
    """List alerts, newest first."""
    alerts = _listed(visit.store, status, limit)
    return Json(
        {
            "status": "success",
            "active_alerts": sum(alert.is_active for alert in alerts),
            "alerts": [_shown(visit, alert) for alert in alerts],
        }
    )


@routes.get("/alerts/{alert_id}", responses=documented(AlertStoryAnswer))
def show_alert(visit: Viewer, alert_id: Id) -> Json:
    """Show an alert with its history, its incident, and who was told of it."""
    store = visit.store
    alert = found(store.alerts.get(alert_id)).value
    incident = store.incidents.get(alert.incident_id)
    return Json(
        {
            "status": "success",
            "alert": _shown(visit, alert),
            "history": _history(store, alert_id),
            "incident": incident_as_json(incident.value) if incident else None,
            "notifications": _notifications(store, alert_id),
        }
    )


@routes.post("/alerts/{alert_id}/acknowledge", responses=documented(AlertAnswer))
def acknowledge_alert(visit: Responder, alert_id: Id) -> Json:
    """Say that somebody looks after an alert; doing so again changes nothing."""
    # Looked up before, so that what the action finds invalid can only be the alert's state.
    found(visit.store.alerts.get(alert_id))
    try:
        alert = visit.parts.alerts.acknowledge(visit.store, alert_id, by=visit.identity.actor)
    except InvalidRequest as error:
        raise Conflict(str(error)) from error
    return Json({"status": "success", "alert": _shown(visit, found(alert))})


@routes.post("/alerts/{alert_id}/resolve", responses=documented(AlertAnswer))
def resolve_alert(visit: Responder, alert_id: Id, resolution_note: Note = None) -> Json:
    """Say that an alert is over, and its incident with it; doing so again changes nothing."""
    by, alerts = visit.identity.actor, visit.parts.alerts
    alert = found(alerts.resolve(visit.store, alert_id, by=by, note=resolution_note))
    return Json({"status": "success", "alert": _shown(visit, alert)})


def active_alerts(store: TenantStore, limit: int) -> list[Alert]:
    """Return the alerts that stand, newest first, at most `limit`."""
    standing = [alert for status in _ACTIVE for alert in _of_status(store, status, limit)]
    in_order = sorted(standing, key=lambda alert: alert.alert_id)
    return sorted(in_order, key=lambda alert: alert.created_at, reverse=True)[:limit]


def _listed(store: TenantStore, status: ListedStatus | None, limit: int) -> list[Alert]:
    if status is None:
        return active_alerts(store, limit)
    if status is ListedStatus.ALL:
        return [stored.value for stored in store.alerts.query(ALERTS, limit=limit)]
    return _of_status(store, AlertStatus(status), limit)


def _of_status(store: TenantStore, status: AlertStatus, limit: int) -> list[Alert]:
    listed = store.alerts.query(ALERTS_BY_STATUS, equal={"status": status.value}, limit=limit)
    return [stored.value for stored in listed]


def _shown(visit: Visit, alert: Alert) -> dict[str, object]:
    parts = visit.parts
    return alert_as_json(alert, now=parts.clock(), url=parts.alert_url(alert.alert_id))


def _history(store: TenantStore, alert_id: str) -> list[dict[str, object]]:
    changes = store.history(alert_id).query(ALERT_HISTORY, limit=MAX_LISTED)
    return [_change_as_json(stored.value) for stored in changes]


def _change_as_json(change: AlertChange) -> dict[str, object]:
    return {
        "revision": change.revision,
        "status": change.status,
        "changed_at": instant_as_text(change.changed_at),
        "by": change.by,
        "note": change.note,
    }


def _notifications(store: TenantStore, alert_id: str) -> list[dict[str, object]]:
    asked = {"alert_id": alert_id}
    told = store.notifications.query(NOTIFICATIONS_OF_ALERT, equal=asked, limit=MAX_LISTED)
    return [_notification_as_json(stored.value) for stored in told]


def _notification_as_json(told: Notification) -> dict[str, object]:
    return {
        "key": told.key,
        "channel_id": told.channel_id,
        "transition": told.transition.value,
        "status": told.status.value,
        "attempts": told.attempts,
        "created_at": instant_as_text(told.created_at),
        "sent_at": None if told.sent_at is None else instant_as_text(told.sent_at),
        "reason": told.reason,
    }
