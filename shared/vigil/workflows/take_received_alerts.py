"""Received alerts open, grow and end alerts of Vigil."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vigil.alerting.group_members import Members
from vigil.alerting.lifecycle import fold, open_alert, resolve
from vigil.incidents.received_incident import ended, heard_again, incident_from_group
from vigil.model.alert import Alert
from vigil.model.anomaly import Anomaly
from vigil.model.event import EventType
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.outcome import Outcomes
from vigil.model.received_alert import AlertGroup, ReceivedAlert, ReceivedStatus
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents, Existence
from vigil.stores.collection import Stored
from vigil.stores.tenant_store import GroupState, TenantStore
from vigil.stores.usage import count
from vigil.workflows.alert_changes import Changes, change_alert
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.events import incident_event

# What is only repeated is written down so many times within the tenant's retention.
_NOTES_OF_A_REPEAT = 4


class TakeReceivedAlerts:
    """Keeps one alert of Vigil for each group of received alerts, as long as one of them fires.

    A group whose alerts begin to fire opens an incident with its alert, whatever its severity: that
    somebody should know was decided by its sender, and who is told by the channels. What begins to
    fire later is folded into it, and it ends when none fires any more. All that follows from one
    message is one commit (FAULTS C05). Repeats change nothing, and the order in which messages come
    makes no difference to what stands in the end (A21, G5).
    """

    def __init__(self, *, documents: Documents, events: EventOutbox, clock: Clock) -> None:
        self._documents = documents
        self._events = events
        self._clock = clock

    def run(self, tenant: Tenant, group: AlertGroup) -> None:
        """Take `group` in; raise PreconditionFailed if somebody else wrote first."""
        store = TenantStore.of(self._documents, tenant)
        stored = store.groups.get(group.group_id)
        before = stored.value if stored else GroupState(group.group_id, group.received_at)
        known = Members.unpacked(before.members)
        learned, begun = known.learn(group.alerts, now=group.received_at)
        change = _Change(store, tenant, group, self._clock)
        standing = change.standing(before.incident_id)
        incident_id = before.incident_id
        if begun and standing is None:
            incident_id = change.open(begun)
        elif standing is not None and _is_over(learned, group):
            change.end(standing)
        elif learned == known and not _is_long_ago(before, group, store):
            return
        elif standing is not None:
            change.hear(standing, begun)
        after = GroupState(
            group.group_id,
            max(before.heard_at, group.received_at),
            learned.kept(now=group.received_at).packed(),
            incident_id,
        )
        when = stored.unchanged if stored else Existence.ABSENT
        change.changes.writes.append(store.groups.put(group.group_id, after, when=when))
        self._commit(store, change.changes)

    def _commit(self, store: TenantStore, changes: Changes) -> None:
        changes.writes += self._events.writes(store, changes.events)
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands for a group: its open incident and that one's alert."""

    incident: Stored[Incident]
    alert: Stored[Alert]


class _Change:
    """What one message does to the incident and the alert of its group."""

    def __init__(self, store: TenantStore, tenant: Tenant, group: AlertGroup, clock: Clock) -> None:
        self.changes = Changes()
        self._store = store
        self._tenant = tenant
        self._group = group
        self._now = clock()

    def standing(self, incident_id: str | None) -> _Standing | None:
        """Return the incident and its alert, if both are there and the incident is still open."""
        incident = self._store.incidents.get(incident_id) if incident_id else None
        if incident is None or incident.value.status is not IncidentStatus.OPEN:
            return None
        alert_id = incident.value.alert_id
        alert = self._store.alerts.get(alert_id) if alert_id else None
        return _Standing(incident, alert) if alert else None

    def open(self, begun: Sequence[ReceivedAlert]) -> str:
        """Open an incident for what has `begun`, with its alert; return its id."""
        incident, anomaly = incident_from_group(self._store.tenant_id, self._group, begun)
        labels = {
            **_shared_labels(begun),
            "source": self._group.source.value,
            "group": self._group.group_id,
        }
        alert = open_alert(
            incident,
            anomaly,
            channels=self._tenant.channels,
            labels=labels,
            shadow=self._tenant.in_shadow,
        )
        incident = replace(incident, alert_id=alert.alert_id)
        self._put(None, incident)
        self._put_anomaly(anomaly)
        self._change_alert(None, alert)
        self._tell(EventType.INCIDENT_OPENED, incident)
        self._count(incidents=1, alerts=1, received_alerts=len(begun))
        return incident.incident_id

    def hear(self, standing: _Standing, begun: Sequence[ReceivedAlert]) -> None:
        """Let an open incident and its alert grow by what has `begun` since, if anything."""
        before, alert = standing.incident, standing.alert
        root = self._store.anomalies.get(before.value.root_cause.anomaly_id)
        known = root.value if root else alert.value.anomaly
        incident, anomaly = heard_again(before.value, known, self._group, begun)
        self._put(before, incident)
        self._put_anomaly(anomaly)
        self._change_alert(alert, fold(alert.value, incident, channels=self._tenant.channels))
        self._count(received_alerts=len(begun))

    def end(self, standing: _Standing) -> None:
        """End an incident and its alert: none of its group fires any more."""
        after = ended(standing.incident.value, self._group)
        source, at = self._group.source, after.resolved_at or self._now
        note = f"{source.known_as} says that it is over"
        over = resolve(standing.alert.value, by=source.value, now=at, note=note)
        self._put(standing.incident, after)
        self._change_alert(standing.alert, over)
        self._tell(EventType.INCIDENT_RESOLVED, after)

    def _put(self, before: Stored[Incident] | None, after: Incident) -> None:
        when = before.unchanged if before else Existence.ABSENT
        self.changes.writes.append(self._store.incidents.put(after.incident_id, after, when=when))

    def _put_anomaly(self, anomaly: Anomaly) -> None:
        self.changes.writes.append(self._store.anomalies.put(anomaly.anomaly_id, anomaly))

    def _change_alert(self, before: Stored[Alert] | None, after: Alert) -> None:
        by = self._group.source.value
        change_alert(self.changes, self._store, self._tenant, before, after, by=by, now=self._now)

    def _tell(self, kind: EventType, incident: Incident) -> None:
        at, shadow = self._group.received_at, self._tenant.in_shadow
        self.changes.events.append(incident_event(kind, incident, at, shadow=shadow))

    def _count(self, **amounts: int) -> None:
        root, key = self._store.root, "received"
        self.changes.writes.append(count(root, key, self._now, Outcomes(), **amounts))


def _shared_labels(alerts: Sequence[ReceivedAlert]) -> dict[str, str]:
    """Return the labels that all of them have."""
    shared = set(alerts[0].labels.items()).intersection(*(a.labels.items() for a in alerts))
    return dict(sorted(shared))


def _is_over(members: Members, group: AlertGroup) -> bool:
    """Whether nothing fires, of what we know and of what the sender left out."""
    left_out_fires = group.truncated > 0 and group.status is ReceivedStatus.FIRING
    return members.firing == 0 and not left_out_fires


def _is_long_ago(state: GroupState, group: AlertGroup, store: TenantStore) -> bool:
    """Whether it is time to write down that somebody still speaks of it, lest it be forgotten."""
    return group.received_at - state.heard_at >= store.keep / _NOTES_OF_A_REPEAT
