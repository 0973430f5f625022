"""A change of an alert and everything that is written with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vigil.alerting.alert_json import alert_as_json
from vigil.alerting.notification_plan import (
    key_of,
    notification_key,
    plan,
    plan_again,
)
from vigil.model.alert import Alert, AlertStatus
from vigil.model.alert_change import AlertChange
from vigil.model.channel import Channel
from vigil.model.event import Event, EventType
from vigil.model.identity import content_id
from vigil.model.notification import NotificationStatus, Transition
from vigil.model.tenant import Tenant
from vigil.ports import Existence, Write
from vigil.stores.collection import Stored
from vigil.stores.tenant_store import TenantStore

BY_VIGIL = "vigil"
_EVENTS = {
    AlertStatus.OPEN: EventType.ALERT_CREATED,
    AlertStatus.ACKNOWLEDGED: EventType.ALERT_ACKNOWLEDGED,
    AlertStatus.RESOLVED: EventType.ALERT_RESOLVED,
}
# Who reopens an alert takes it; one that came again by itself is nobody's.
_CAME_AGAIN = (AlertStatus.RESOLVED, AlertStatus.OPEN)


@dataclass(slots=True)
class Changes:
    """What one commit will write, and the events to publish after it."""

    writes: list[Write] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def change_alert(  # noqa: PLR0913 - what a change consists of
    changes: Changes,
    store: TenantStore,
    tenant: Tenant,
    before: Stored[Alert] | None,
    after: Alert,
    *,
    by: str,
    now: datetime,
    note: str = "",
    tells_graver: bool = False,
) -> None:
    """Add to `changes` what turns an alert from `before` into `after`.

    That is the alert itself, on the condition that it is still as it was read; a line in its
    history, unless it was only folded into; the notifications that are due because of it; and the
    event for other agents. They are written together or not at all, so there is no alert without
    its notifications (FAULTS C05).

    Who was told of it is told again when it gets graver, if it was no reason to wake anybody and
    now is, or if the caller `tells_graver` ones in any case.
    """
    if before is not None and before.value == after:
        return
    when = before.unchanged if before else Existence.ABSENT
    changes.writes += [
        store.alerts.put(after.alert_id, after, when=when),
        *_notifications(store, tenant, before, after, now),
    ]
    turned = before is None or before.value.status is not after.status
    raised = before is not None and before.value.severity is not after.severity
    if before is not None and raised and (tells_graver or not before.value.severity.pages):
        changes.writes += _told_graver(store, tenant, before.value, after, now)
    if turned:
        changes.events.append(_event(after, now))
    if turned or raised:
        said = note or after.resolution_note or ""
        said = said or (f"raised to {after.severity.value}" if raised else "")
        line = AlertChange(after.revision, after.status.value, now, by, said)
        changes.writes.append(store.history(after.alert_id).put(f"{after.revision:06d}", line))


def _notifications(
    store: TenantStore,
    tenant: Tenant,
    before: Stored[Alert] | None,
    after: Alert,
    now: datetime,
) -> Sequence[Write]:
    if after.status is AlertStatus.RESOLVED:
        planned = plan(after, Transition.RESOLVED, tenant.channels, now=now)
    else:
        new = _newly_told(tenant, before, after)
        planned = plan(after, Transition.OPENED, new, now=now)
        if before and (before.value.status, after.status) == _CAME_AGAIN:
            known = [channel for channel in tenant.channels if channel not in new]
            planned += plan_again(after, _unaware(store, after, known), now=now)
    return [store.outbox.put(each.key, each) for each in planned]


def _told_graver(
    store: TenantStore, tenant: Tenant, before: Alert, after: Alert, now: datetime
) -> Sequence[Write]:
    """Return the notifications that tell again who was told already, if it is worth waking them.

    Who is still being told of the opening hears of it as it is now.
    """
    if not (after.is_active and after.severity.pages):
        return ()
    told = [each for each in tenant.channels if each.channel_id in before.notification_channels]
    keys = [key_of(after, Transition.OPENED, channel.channel_id) for channel in told]
    waiting = store.outbox.get_all(keys)
    known = [channel for channel, due in zip(told, waiting, strict=True) if due is None]
    planned = plan_again(after, known, now=now, raised_to=after.severity)
    return [store.outbox.put(each.key, each) for each in planned]


def _unaware(store: TenantStore, alert: Alert, channels: Sequence[Channel]) -> list[Channel]:
    """Return the channels that do not know that the alert is open.

    They are told when one is over, or its opening never reached them.
    """
    keys = {
        channel.channel_id: notification_key(
            alert.tenant_id, alert.alert_id, Transition.OPENED, channel.channel_id
        )
        for channel in channels
        if not channel.send_resolved
    }
    found = dict(zip(keys, store.notifications.get_all(list(keys.values())), strict=True))
    reached = {
        channel_id
        for channel_id, stored in found.items()
        if stored is not None and stored.value.status is NotificationStatus.SENT
    }
    return [channel for channel in channels if channel.channel_id not in reached]


def _newly_told(tenant: Tenant, before: Stored[Alert] | None, after: Alert) -> list[Channel]:
    """Return the channels that this change is the first to concern."""
    told = before.value.notification_channels if before else ()
    new = set(after.notification_channels).difference(told)
    return [channel for channel in tenant.channels if channel.channel_id in new]


def _event(alert: Alert, now: datetime) -> Event:
    kind = _EVENTS[alert.status]
    again = (str(alert.times_reopened),) if alert.times_reopened else ()
    return Event(
        event_type=kind,
        event_id=content_id("event", kind, alert.alert_id, *again),
        tenant_id=alert.tenant_id,
        occurred_at=now,
        subject_kind="alert",
        subject=alert_as_json(alert, now=now),
        service=alert.anomaly.service,
        severity=alert.severity.value,
        shadow=alert.shadow,
    )
