"""Events as other agents read them on the topic `aiops-events`."""

from datetime import datetime

import orjson

from vigil.incidents.incident_json import incident_as_json
from vigil.model.anomaly import Anomaly
from vigil.model.anomaly_json import anomaly_as_json
from vigil.model.event import Event, EventType
from vigil.model.identity import content_id
from vigil.model.incident import Incident
from vigil.ports import Message

TOPIC = "aiops-events"
SCHEMA_VERSION = "1"
# Where a subject names the incident that it is about: what happens to one is told in order.
_INCIDENT_ID = {"incident": "id", "alert": "incident_id", "analysis": "incident_id"}


def to_message(event: Event) -> Message:
    """Return the message of an event: the agent's JSON, and CloudEvents' and our own attributes."""
    timestamp = event.occurred_at.isoformat().replace("+00:00", "Z")
    body = {
        "event_type": event.event_type.value,
        "event_id": event.event_id,
        "tenant_id": event.tenant_id,
        "timestamp": timestamp,
        event.subject_kind: event.subject,
    }
    attributes = {
        "event_type": event.event_type.value,
        "tenant_id": event.tenant_id,
        "service": event.service,
        "severity": event.severity,
        "schema_version": SCHEMA_VERSION,
        "ce-id": event.event_id,
        "ce-type": f"vigil.{event.event_type.value}.v{SCHEMA_VERSION}",
        "ce-source": f"//vigil/tenants/{event.tenant_id}",
        "ce-time": timestamp,
        "ce-specversion": "1.0",
    }
    if event.shadow:
        attributes["shadow"] = "true"
    return Message(orjson.dumps(body), attributes, _ordering_key(event))


def anomaly_detected(anomaly: Anomaly, *, shadow: bool = False) -> Event:
    """Return the event that tells of an anomaly."""
    return Event(
        event_type=EventType.ANOMALY_DETECTED,
        event_id=content_id("event", EventType.ANOMALY_DETECTED, anomaly.anomaly_id),
        tenant_id=anomaly.tenant_id,
        occurred_at=anomaly.detected_at,
        subject_kind="anomaly",
        subject=anomaly_as_json(anomaly),
        service=anomaly.service,
        severity=anomaly.severity.value,
        shadow=shadow,
    )


def incident_event(
    kind: EventType, incident: Incident, at: datetime, *, shadow: bool = False
) -> Event:
    """Return the event of what happens to an incident once, or once each time it is reopened."""
    again = (str(incident.times_reopened),) if incident.times_reopened else ()
    return Event(
        event_type=kind,
        event_id=content_id("event", kind, incident.incident_id, *again),
        tenant_id=incident.tenant_id,
        occurred_at=at,
        subject_kind="incident",
        subject=incident_as_json(incident),
        service=incident.root_cause.service,
        severity=incident.severity.value,
        shadow=shadow,
    )


def _ordering_key(event: Event) -> str:
    """Return what keeps the steps of one incident and its alert in order, "" for other events.

    What was received is kept in order by the group that it belongs to.
    """
    is_received = event.event_type is EventType.ALERT_RECEIVED
    name = "group_id" if is_received else _INCIDENT_ID.get(event.subject_kind)
    return f"{event.tenant_id}/{event.subject[name]}" if name else ""
