"""A change of an incident and of its alert."""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime

from vigil.alerting.lifecycle import alert_id_of, come_again, fold, open_alert, resolve
from vigil.model.alert import Alert
from vigil.model.anomaly import Anomaly
from vigil.model.event import EventType
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.tenant import Tenant
from vigil.ports import Existence
from vigil.stores.collection import Stored
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.alert_changes import BY_VIGIL, Changes, change_alert
from vigil.workflows.events import incident_event


class IncidentChanges:
    """Adds to `changes` what the correlation of one `instant` did to the incidents of one tenant.

    `inherited` are the ids of the alerts that have gone over from a merged incident to the one that
    it is now in. `by` says who made the alerts change: if that is somebody who has raised an alert
    themselves, who was told is told again when theirs is graver.
    """

    def __init__(  # noqa: PLR0913 - what a change depends on
        self,
        changes: Changes,
        tenant: Tenant,
        store: TenantStore,
        now: datetime,
        *,
        instant: datetime,
        inherited: Set[str] = frozenset(),
        by: str = BY_VIGIL,
    ) -> None:
        self._changes = changes
        self._instant = instant
        self._inherited = inherited
        self._by = by
        self._tenant = tenant
        self._store = store
        self._now = now
        self.opened = 0
        self.alerted = 0

    def change(
        self, before: Stored[Incident] | None, after: Incident, members: Sequence[Anomaly]
    ) -> None:
        """Turn `before` into `after`, and do to its alert what follows from that.

        One that has ended stays so if its anomalies are found again after a lost state.
        """
        if before is None and self._has_ended(after.incident_id):
            return
        if before is not None and before.value.resolved_by is not None:
            self._keep_resolved(before, after)
        elif after.status is IncidentStatus.OPEN:
            self._stand(before, after, members)
        elif after.status is IncidentStatus.RESOLVED:
            self._end(before, after, "quiet again")
            self._tell(EventType.INCIDENT_RESOLVED, after, after.resolved_at or self._instant)
        else:
            self._end(before, after, f"merged into {after.merged_into}")

    def _keep_resolved(self, before: Stored[Incident], after: Incident) -> None:
        """Take in what came before a person's decision, without going back on it."""
        ended = before.value
        if after.anomaly_count != ended.anomaly_count:
            self._put(
                before,
                replace(
                    after,
                    status=ended.status,
                    resolved_at=ended.resolved_at,
                    resolved_by=ended.resolved_by,
                ),
            )

    def _stand(
        self, before: Stored[Incident] | None, after: Incident, members: Sequence[Anomaly]
    ) -> None:
        root = next(a for a in members if a.anomaly_id == after.root_cause.anomaly_id)
        again = before is not None and before.value.status is IncidentStatus.RESOLVED
        alert = self._alert_of(after) if before else self._alert_left(after)
        if alert is not None and not _is_over(alert.value, after):
            known = come_again(alert.value, now=self._instant) if again else alert.value
            folded = fold(known, after, channels=self._tenant.channels)
            after = replace(after, alert_id=folded.alert_id)
            self._change_alert(alert, folded)
        elif after.severity.pages or after.received:
            # That somebody should know was decided by whoever has raised an alert.
            tenant = self._tenant
            opened = open_alert(after, root, channels=tenant.channels, shadow=tenant.in_shadow)
            after = replace(after, alert_id=opened.alert_id)
            self._change_alert(None, opened)
            self.alerted += 1
        self._put(before, after)
        if again:
            self._tell(EventType.INCIDENT_REOPENED, after, self._instant)
        if before is None:
            self.opened += 1
            self._tell(EventType.INCIDENT_OPENED, after, after.first_detected_at)
        if after.source is None and (before is None or before.value.source is not None):
            # Of what only others have told there is nothing to explain.
            self._tell(EventType.ANALYSIS_REQUESTED, after, after.first_detected_at)

    def _end(self, before: Stored[Incident] | None, after: Incident, note: str) -> None:
        self._put(before, after)
        alert = self._alert_of(after)
        if alert is not None and alert.value.alert_id not in self._inherited:
            at = after.resolved_at or self._instant
            self._change_alert(alert, resolve(alert.value, by=self._by, now=at, note=note))

    def _alert_of(self, incident: Incident) -> Stored[Alert] | None:
        return self._store.alerts.get(incident.alert_id) if incident.alert_id else None

    def _alert_left(self, incident: Incident) -> Stored[Alert] | None:
        """Return the alert that a new incident had when its anomalies were first found."""
        return self._store.alerts.get(alert_id_of(incident.tenant_id, incident.incident_id))

    def _has_ended(self, incident_id: str) -> bool:
        known = self._store.incidents.get(incident_id)
        return known is not None and known.value.status is not IncidentStatus.OPEN

    def _change_alert(self, before: Stored[Alert] | None, after: Alert) -> None:
        change_alert(
            self._changes,
            self._store,
            self._tenant,
            before,
            after,
            by=self._by,
            now=self._now,
            tells_graver=self._by != BY_VIGIL,
        )

    def _put(self, before: Stored[Incident] | None, after: Incident) -> None:
        # A person may resolve it meanwhile, or an analyst explain it: neither is to be undone.
        when = before.unchanged if before else Existence.ABSENT
        self._changes.writes.append(self._store.incidents.put(after.incident_id, after, when=when))

    def _tell(self, kind: EventType, incident: Incident, at: datetime) -> None:
        event = incident_event(kind, incident, at, shadow=self._tenant.in_shadow)
        self._changes.events.append(event)


def _is_over(alert: Alert, incident: Incident) -> bool:
    """Whether it is the alert of another incident that a person has ended: it tells nobody more."""
    return not alert.is_active and alert.incident_id != incident.incident_id
