"""A change of an incident and of its alert."""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime

from vigil.alerting.lifecycle import fold, open_alert, resolve
from vigil.incidents.incident_json import incident_as_json
from vigil.model.alert import Alert
from vigil.model.anomaly import Anomaly
from vigil.model.event import Event, EventType
from vigil.model.identity import content_id
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.tenant import Tenant
from vigil.stores.collection import Stored
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.alert_changes import BY_VIGIL, Changes, change_alert


class IncidentChanges:
    """Adds to `changes` what the correlation of one `instant` did to the incidents of one tenant.

    `inherited` are the ids of the alerts that have gone over from a merged incident to the one that
    it is now in.
    """

    def __init__(
        self,
        changes: Changes,
        tenant: Tenant,
        store: TenantStore,
        now: datetime,
        *,
        instant: datetime,
        inherited: Set[str] = frozenset(),
    ) -> None:
        self._changes = changes
        self._instant = instant
        self._inherited = inherited
        self._tenant = tenant
        self._store = store
        self._now = now
        self.opened = 0
        self.alerted = 0

    def change(
        self, before: Stored[Incident] | None, after: Incident, members: Sequence[Anomaly]
    ) -> None:
        """Turn `before` into `after`, and do to its alert what follows from that."""
        if before is not None and before.value.resolved_by is not None:
            self._keep_resolved(before.value, after)
        elif after.status is IncidentStatus.OPEN:
            self._stand(before, after, members)
        elif after.status is IncidentStatus.RESOLVED:
            self._end(after, "quiet again")
            self._tell(EventType.INCIDENT_RESOLVED, after, after.resolved_at or self._instant)
        else:
            self._end(after, f"merged into {after.merged_into}")

    def _keep_resolved(self, ended: Incident, after: Incident) -> None:
        """Take in what came before a person's decision, without going back on it."""
        if after.anomaly_ids != ended.anomaly_ids:
            self._put(
                replace(
                    after,
                    status=ended.status,
                    resolved_at=ended.resolved_at,
                    resolved_by=ended.resolved_by,
                )
            )

    def _stand(
        self, before: Stored[Incident] | None, after: Incident, members: Sequence[Anomaly]
    ) -> None:
        root = next(a for a in members if a.anomaly_id == after.root_cause.anomaly_id)
        alert = self._alert_of(after)
        if alert is not None:
            folded = fold(alert.value, after, channels=self._tenant.channels)
            self._change_alert(alert, folded)
        elif after.severity.pages:
            opened = open_alert(after, root, channels=self._tenant.channels)
            after = replace(after, alert_id=opened.alert_id)
            self._change_alert(None, opened)
            self.alerted += 1
        self._put(after)
        if before is None:
            self.opened += 1
            self._tell(EventType.INCIDENT_OPENED, after, after.first_detected_at)
            self._tell(EventType.ANALYSIS_REQUESTED, after, after.first_detected_at)

    def _end(self, after: Incident, note: str) -> None:
        self._put(after)
        alert = self._alert_of(after)
        if alert is not None and alert.value.alert_id not in self._inherited:
            at = after.resolved_at or self._instant
            self._change_alert(alert, resolve(alert.value, by=BY_VIGIL, now=at, note=note))

    def _alert_of(self, incident: Incident) -> Stored[Alert] | None:
        return self._store.alerts.get(incident.alert_id) if incident.alert_id else None

    def _change_alert(self, before: Stored[Alert] | None, after: Alert) -> None:
        change_alert(
            self._changes, self._store, self._tenant, before, after, by=BY_VIGIL, now=self._now
        )

    def _put(self, incident: Incident) -> None:
        self._changes.writes.append(self._store.incidents.put(incident.incident_id, incident))

    def _tell(self, kind: EventType, incident: Incident, at: datetime) -> None:
        self._changes.events.append(
            Event(
                event_type=kind,
                event_id=content_id("event", kind, incident.incident_id),
                tenant_id=incident.tenant_id,
                occurred_at=at,
                subject_kind="incident",
                subject=incident_as_json(incident),
                service=incident.root_cause.service,
                severity=incident.severity.value,
            )
        )
