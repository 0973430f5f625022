"""What traces say of an incident while it is young: who may have caused it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vigil.incidents.impact_severity import raised_by_impact
from vigil.incidents.suspects import rank_suspects
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.tenant import Tenant
from vigil.model.trace_profile import TraceProfile
from vigil.ports import Documents
from vigil.stores.tenant_store import TenantStore
from vigil.stores.traffic_records import TrafficRecords, merged, slice_seconds

# What goes wrong first tells most; after that everybody has caught the trouble.
_EVIDENCE_WINDOWS = 2.5
_YOUNG_WINDOWS = 5
# Of a tenant that has not been known for long, these stand for what is usual.
_BEFORE_WINDOWS = 10
_AT_ONCE = 200


class IncidentEvidence:
    """Looks into what traces showed before and since the onset of an incident."""

    def __init__(self, *, documents: Documents) -> None:
        self._documents = documents

    def complete(
        self, tenant: Tenant, store: TenantStore, incident: Incident, members: Sequence[Anomaly]
    ) -> Incident:
        """Return a young open incident with its suspects; any other as it is."""
        if incident.status is not IncidentStatus.OPEN:
            return incident
        window = timedelta(seconds=tenant.thresholds.window_seconds)
        if incident.last_detected_at > incident.started_at + _YOUNG_WINDOWS * window:
            return incident
        records = TrafficRecords(self._documents, store.root)
        onset = _slice_of(incident.started_at, slice_seconds(tenant.thresholds.window_seconds))
        until = incident.started_at + _EVIDENCE_WINDOWS * window
        bad = [each.profile for each in records.since(onset, _AT_ONCE) if each.at < until]
        if not bad:
            return incident
        usual = self._usual(records, onset, window)
        suspects = rank_suspects(usual, merged(bad), members, incident.changes, incident.started_at)
        return raised_by_impact(replace(incident, suspects=suspects))

    def _usual(self, records: TrafficRecords, onset: datetime, window: timedelta) -> TraceProfile:
        usual = records.usual()
        if usual.until is not None:
            return usual.profile
        stored = records.since(onset - _BEFORE_WINDOWS * window, _AT_ONCE)
        return merged(each.profile for each in stored if each.at < onset)


def _slice_of(at: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)
