"""The event that tells of received alerts, and how it is read again."""

from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from vigil.errors import PermanentError
from vigil.model.event import Event, EventType
from vigil.model.identity import content_id
from vigil.model.received_alert import AlertGroup

_GROUP: TypeAdapter[AlertGroup] = TypeAdapter(AlertGroup)


def alert_received(tenant_id: str, group: AlertGroup) -> Event:
    """Return the event that tells of a group of received alerts.

    Its id comes from what was said and not from when: a repeat is the same event.
    """
    said = [f"{a.fingerprint} {a.starts_at.isoformat()} {a.status}" for a in group.alerts]
    return Event(
        event_type=EventType.ALERT_RECEIVED,
        event_id=content_id("event", EventType.ALERT_RECEIVED, group.group_id, *said),
        tenant_id=tenant_id,
        occurred_at=group.received_at,
        subject_kind="alert",
        subject=_GROUP.dump_python(group, mode="json"),
        service=group.alerts[0].service,
        severity=group.severity.value,
    )


def read_alert_received(data: bytes) -> AlertGroup:
    """Return the group that an event's data tells of; raise PermanentError if it tells of none."""
    try:
        subject: Any = orjson.loads(data)["alert"]
        group = _GROUP.validate_python(subject)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValidationError):
        # Not chained: what was not understood is quoted there.
        raise PermanentError("the event tells of no received alerts") from None
    if not group.alerts:
        raise PermanentError("the event tells of a group without alerts")
    return group
