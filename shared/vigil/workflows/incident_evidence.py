"""What is known of an incident beside its anomalies: suspects, changes, differences, impact."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vigil.incidents.differences import differences
from vigil.incidents.impact import impact_of
from vigil.incidents.impact_severity import raised_by_impact
from vigil.incidents.line_differences import line_differences
from vigil.incidents.recent_changes import CHANGED_WITHIN, GRACE, recent_changes
from vigil.incidents.suspects import rank_suspects
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.observed import Observed
from vigil.model.tenant import Tenant
from vigil.ports import Documents
from vigil.stores.changes_before import changes_before
from vigil.stores.tenant_store import TenantStore
from vigil.stores.traffic_records import StoredSlice, TrafficRecords, slice_seconds

# What goes wrong first tells most; after that everybody has caught the trouble.
_EVIDENCE_WINDOWS = 2.5
YOUNG_WINDOWS = 5
# Of a tenant that has not been known for long, these stand for what is usual.
_BEFORE_WINDOWS = 10
_AT_ONCE = 200


class IncidentEvidence:
    """Looks into what was observed before and since the onset of an incident."""

    def __init__(self, *, documents: Documents) -> None:
        self._documents = documents

    def complete(
        self,
        tenant: Tenant,
        store: TenantStore,
        incident: Incident,
        members: Sequence[Anomaly],
        *,
        until: datetime | None = None,
    ) -> Incident:
        """Return an open incident with all that is known of it; any other as it is.

        Suspects and differences are those of its beginning. The impact is that of the time since
        its onset, as far as the first `_AT_ONCE` documents of that tell. Nothing after `until` is
        looked at, by default nothing after it last strayed.
        """
        if incident.status is not IncidentStatus.OPEN:
            return incident
        seconds = tenant.thresholds.window_seconds
        window = timedelta(seconds=seconds)
        records = TrafficRecords(self._documents, store.root, window_seconds=seconds)
        onset = _slice_of(incident.started_at, slice_seconds(seconds))
        # A wild clock may have left a slice that lies in the future.
        found = records.since(onset, _AT_ONCE)
        since = [each for each in found if each.at <= (until or incident.last_detected_at)]
        known = self._with_impact(tenant, incident, members, since)
        if incident.last_detected_at <= incident.started_at + YOUNG_WINDOWS * window:
            until = incident.started_at + _EVIDENCE_WINDOWS * window
            bad = Observed.all_of(each.observed for each in since if each.at < until)
            usual = _usual(records, onset, window)
            known = self._with_suspects(store, known, members, usual, bad)
        return raised_by_impact(known)

    def _with_impact(
        self,
        tenant: Tenant,
        incident: Incident,
        members: Sequence[Anomaly],
        since: Sequence[StoredSlice],
    ) -> Incident:
        if not since:
            return incident
        seconds = slice_seconds(tenant.thresholds.window_seconds)
        lasted = since[-1].at + timedelta(seconds=seconds) - since[0].at
        impact = impact_of(
            incident.affected,
            Observed.all_of(each.observed for each in since).traffic,
            members,
            objective=tenant.thresholds.availability_objective,
            minutes=lasted / timedelta(minutes=1),
        )
        return replace(incident, impact=impact)

    def _with_suspects(
        self,
        store: TenantStore,
        incident: Incident,
        members: Sequence[Anomaly],
        usual: Observed,
        bad: Observed,
    ) -> Incident:
        onset = incident.started_at
        changes = recent_changes(
            changes_before(store, onset + GRACE, since=onset - CHANGED_WITHIN),
            onset=onset,
            services={*(series.service for series in incident.affected), *_called(bad)},
        )
        services = sorted({series.service for series in incident.affected})
        return replace(
            incident,
            changes=changes,
            suspects=rank_suspects(
                usual.profile,
                bad.profile,
                members,
                changes,
                onset,
                blamed=incident.root_cause,
            ),
            differences=(
                *line_differences(members),
                *differences(usual.traffic, bad.traffic, services),
            ),
        )


def _usual(records: TrafficRecords, onset: datetime, window: timedelta) -> Observed:
    usual = records.usual()
    if usual.until is not None:
        return usual.observed
    stored = records.since(onset - _BEFORE_WINDOWS * window, _AT_ONCE)
    # Trouble begins a little before anything strays far enough to be told.
    return Observed.all_of(each.observed for each in stored if each.at < onset - window)


def _called(bad: Observed) -> set[str]:
    """Return the services that somebody called meanwhile."""
    return {call.callee.service for call in bad.profile.calls()}


def _slice_of(at: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)
