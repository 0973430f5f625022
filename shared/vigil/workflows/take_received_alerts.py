"""Received alerts open, grow and end alerts of Vigil."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vigil.alerting.group_members import Members
from vigil.alerting.lifecycle import fold, open_alert, resolve
from vigil.incidents.correlation import Correlation, correlate
from vigil.incidents.received_incident import (
    ceased,
    group_anomaly,
    grown,
    heard_again,
    incident_from_group,
    received_group,
    silenced,
)
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
from vigil.workflows.correlated import Correlated
from vigil.workflows.correlation_scene import Scene, read_alert_scene
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.events import incident_event

# What is only repeated is written down so many times within the tenant's retention.
_NOTES_OF_A_REPEAT = 4
# An incident names its groups, and its document has to stay small.
_MOST_GROUPS = 100
_MOST_MERGERS = 20


class TakeReceivedAlerts:
    """Keeps one alert of Vigil for each group of received alerts, as long as one of them fires.

    A group whose alerts begin to fire joins the incident that it belongs to, or opens one with its
    alert, whatever its severity: that somebody should know was decided by its sender, and who is
    told by the channels. What begins to fire later is folded into it. An incident that others have
    found ends when none fires any more. All that follows from one message is one commit (FAULTS
    C05). Repeats change nothing, and the order in which messages come makes no difference to what
    stands in the end (A21, G5).
    """

    def __init__(self, *, documents: Documents, events: EventOutbox, clock: Clock) -> None:
        self._documents = documents
        self._events = events
        self._clock = clock
        self._correlated = Correlated(documents=documents)

    def run(self, tenant: Tenant, group: AlertGroup) -> None:
        """Take `group` in; raise PreconditionFailed if somebody else wrote first."""
        store = TenantStore.of(self._documents, tenant)
        stored = store.groups.get(group.group_id)
        before = stored.value if stored else GroupState(group.group_id, group.received_at)
        known = Members.unpacked(before.members)
        learned, begun = known.learn(group.alerts, now=group.received_at)
        change = _Change(store, tenant, group, self._clock, self._correlated)
        home = change.home(before)
        anomaly_id, incident_id = before.anomaly_id, before.incident_id
        if begun and (home is None or home.alert is None or home.anomaly is None):
            anomaly_id, incident_id = change.begin(begun, home)
        elif home is not None and home.fires and _is_over(learned, group):
            change.cease(home)
        elif learned == known and not _is_long_ago(before, group, store):
            return
        elif home is not None and home.alert is not None:
            change.hear(home, home.alert, begun)
        after = GroupState(
            group.group_id,
            max(before.heard_at, group.received_at),
            learned.kept(now=group.received_at).packed(),
            incident_id,
            anomaly_id,
        )
        when = stored.unchanged if stored else Existence.ABSENT
        change.changes.writes.append(store.groups.put(group.group_id, after, when=when))
        self._commit(store, change.changes)

    def _commit(self, store: TenantStore, changes: Changes) -> None:
        changes.writes += self._events.writes(store, changes.events)
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)


@dataclass(frozen=True, slots=True)
class _Home:
    """The incident that a group is in, and the alert that stands for that if it is open."""

    anomaly_id: str
    anomaly: Anomaly | None
    incident: Stored[Incident]
    alert: Stored[Alert] | None

    @property
    def fires(self) -> bool:
        """Whether the group is known to fire."""
        groups = self.incident.value.received
        return any(each.is_firing for each in groups if each.anomaly_id == self.anomaly_id)

    @property
    def left(self) -> Stored[Incident]:
        """The incident once the group fires elsewhere."""
        return replace(self.incident, value=silenced(self.incident.value, self.anomaly_id))


class _Change:
    """What one message does to the incident and the alert of its group."""

    def __init__(
        self,
        store: TenantStore,
        tenant: Tenant,
        group: AlertGroup,
        clock: Clock,
        correlated: Correlated,
    ) -> None:
        self.changes = Changes()
        self._store = store
        self._tenant = tenant
        self._group = group
        self._correlated = correlated
        self._now = clock()

    def home(self, state: GroupState) -> _Home | None:
        """Return where the group is, None if nothing of that is kept."""
        if state.anomaly_id is None or state.incident_id is None:
            return None
        stored = self._store.anomalies.get(state.anomaly_id)
        anomaly = stored.value if stored else None
        incident = self._incident((anomaly and anomaly.incident_id) or state.incident_id)
        if incident is None:
            return None
        alert_id = incident.value.alert_id
        stands = alert_id is not None and incident.value.status is IncidentStatus.OPEN
        alert = self._store.alerts.get(alert_id) if alert_id and stands else None
        if anomaly is None and alert and alert.value.anomaly.anomaly_id == state.anomaly_id:
            anomaly = alert.value.anomaly
        return _Home(state.anomaly_id, anomaly, incident, alert)

    def _incident(self, incident_id: str) -> Stored[Incident] | None:
        """Return an incident, or the one that it has become part of."""
        incident = self._store.incidents.get(incident_id)
        for _ in range(_MOST_MERGERS):
            if incident is None or incident.value.merged_into is None:
                break
            incident = self._store.incidents.get(incident.value.merged_into)
        return incident

    def begin(self, begun: Sequence[ReceivedAlert], home: _Home | None) -> tuple[str, str]:
        """Let what has `begun` join an incident or open one; return its anomaly and incident.

        The group leaves its `home`: whoever brings that back must not wait for its end there.
        """
        anomaly = group_anomaly(self._store.tenant_id, self._group, begun)
        scene = read_alert_scene(self._tenant, self._store, anomaly)
        left = home.left if home is not None and home.fires else None
        if left is not None and left.value.incident_id in scene.incidents:
            scene.incidents[left.value.incident_id] = left
        correlation = self._correlation(scene, anomaly, begun)
        incident_id = correlation.assigned[anomaly.anomaly_id]
        joined = scene.incidents.get(incident_id)
        joins = joined is not None and len(joined.value.received) < _MOST_GROUPS
        changed = {each.incident_id for each in correlation.incidents} if joins else set()
        if left is not None and left.value.incident_id not in changed:
            self._put(left, left.value)
        if not joins:
            incident_id = self._open(anomaly, begun)
        else:
            self._correlated.add(
                self.changes,
                self._tenant,
                self._store,
                scene,
                correlation,
                now=self._now,
                by=self._group.source.value,
            )
        self._count(received_alerts=len(begun))
        return anomaly.anomaly_id, incident_id

    def _correlation(
        self, scene: Scene, anomaly: Anomaly, begun: Sequence[ReceivedAlert]
    ) -> Correlation:
        return correlate(
            scene.pending,
            [stored.value for stored in scene.incidents.values()],
            scene.members,
            settled_until=scene.instant,
            quiet_until=scene.quiet_until,
            thresholds=self._tenant.thresholds,
            surroundings=scene.surroundings,
            received=[received_group(anomaly, self._group, begun)],
        )

    def _open(self, anomaly: Anomaly, begun: Sequence[ReceivedAlert]) -> str:
        """Open an incident for what has `begun`, with its alert; return its id."""
        incident = incident_from_group(anomaly, self._group, begun)
        anomaly = replace(anomaly, incident_id=incident.incident_id)
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
        self._count(incidents=1, alerts=1)
        return incident.incident_id

    def hear(self, home: _Home, alert: Stored[Alert], begun: Sequence[ReceivedAlert]) -> None:
        """Let an open incident and its alert grow by what has `begun` since, if anything."""
        incident = home.incident
        if home.anomaly is None:
            # It is older than what is kept; that somebody speaks of its incident is all there is.
            heard_at = max(incident.value.last_detected_at, self._group.received_at)
            self._put(incident, replace(incident.value, last_detected_at=heard_at))
            return
        anomaly = grown(home.anomaly, begun)
        self._put_anomaly(anomaly)
        heard = heard_again(incident.value, anomaly, self._group, begun)
        self._put(incident, heard)
        self._change_alert(alert, fold(alert.value, heard, channels=self._tenant.channels))
        self._count(received_alerts=len(begun))

    def cease(self, home: _Home) -> None:
        """Note that none of the group fires any more, which ends what only others have found."""
        before = home.incident.value
        after = ceased(before, home.anomaly_id, self._group)
        self._put(home.incident, after)
        if after.status is before.status:
            return
        source, at = self._group.source, after.resolved_at or self._now
        note = f"{source.known_as} says that it is over"
        if home.alert is not None:
            over = resolve(home.alert.value, by=source.value, now=at, note=note)
            self._change_alert(home.alert, over)
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
