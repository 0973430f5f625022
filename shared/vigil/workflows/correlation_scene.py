"""What there is before a correlation: anomalies that wait, incidents that stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vigil.incidents.joining.bond import CHANGED_BEFORE
from vigil.incidents.joining.early import sure_early
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.relation import Surroundings
from vigil.model.anomaly import Anomaly
from vigil.model.change import Change
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.tenant import Tenant
from vigil.stores.changes_before import changes_before
from vigil.stores.collection import Stored
from vigil.stores.queries import (
    ANOMALIES_OF_INCIDENT,
    INCIDENTS_BY_STATUS,
    INCIDENTS_RESOLVED_SINCE,
    PENDING_ANOMALIES,
)
from vigil.stores.service_graphs import ServiceGraphs
from vigil.stores.tenant_store import TenantStore
from vigil.telemetry import logger

_AT_ONCE = 200
_FIRST_MEMBERS = 20
# Of all incidents together, in equal shares: comparing twice as many takes four times as long.
_MOST_MEMBERS = 1000
_NEVER = datetime.min.replace(tzinfo=UTC)
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is before the correlation of one instant.

    What has been quiet is judged up to `quiet_until`.
    """

    instant: datetime
    pending: Sequence[Anomaly]
    incidents: dict[str, Stored[Incident]]
    members: dict[str, list[Anomaly]]
    surroundings: Surroundings
    quiet_until: datetime


def read_scene(
    tenant: Tenant, store: TenantStore, settled_until: datetime, told_until: datetime
) -> Scene:
    """Return the scene at the first instant at which anomalies wait, or else at `settled_until`.

    One instant at a time, so that an incident goes through the same steps whether they are taken as
    they come or all at once after an outage. What was found in a window that is not over, up to
    `told_until`, waits for no other if nothing that is still to come can be its cause.
    """
    waiting = _waiting(store)
    settled = [each for each in waiting if each.detected_at <= settled_until]
    early = [] if settled else [each for each in waiting if each.detected_at <= told_until]
    if not settled and not early:
        incidents = _standing(tenant, store, settled_until)
        return Scene(settled_until, [], incidents, {}, Surroundings(), settled_until)
    calls = _calls(store, waiting[0].detected_at)
    pending = _first_instant(settled or sure_early(early, calls, tenant.thresholds.window_seconds))
    instant = pending[0].detected_at if pending else settled_until
    incidents = _standing(tenant, store, instant)
    within = timedelta(seconds=tenant.thresholds.correlation_seconds)
    members = _members(store, incidents, instant - within) if pending else {}
    quiet_until = min(instant, settled_until)
    changes = _changes(store, instant, within) if pending else []
    surroundings = Surroundings(calls, changes)
    return Scene(instant, pending, incidents, members, surroundings, quiet_until)


def read_alert_scene(tenant: Tenant, store: TenantStore, alert: Anomaly) -> Scene:
    """Return the scene at the instant at which somebody else has raised an `alert`.

    Of what stands it may join the open incidents, the latest of many: in a flood of alerts each
    reads no more than that. Nothing is judged to be quiet.
    """
    instant = alert.detected_at
    found = store.incidents.query(
        INCIDENTS_BY_STATUS, equal={"status": IncidentStatus.OPEN.value}, limit=_AT_ONCE
    )
    incidents = {stored.value.incident_id: stored for stored in found}
    if not incidents:
        return Scene(instant, [alert], {}, {}, Surroundings(), _NEVER)
    within = timedelta(seconds=tenant.thresholds.correlation_seconds)
    surroundings = Surroundings(_calls(store, instant), _changes(store, instant, within))
    members = _members(store, incidents, instant - within)
    return Scene(instant, [alert], incidents, members, surroundings, _NEVER)


def _calls(store: TenantStore, at: datetime) -> KnownCalls:
    graph = ServiceGraphs(store.documents, store.root).read().graph
    return KnownCalls.learned(graph.edges(now=at))


def _changes(store: TenantStore, instant: datetime, within: timedelta) -> list[Change]:
    return changes_before(store, instant, since=instant - within - CHANGED_BEFORE)


def _waiting(store: TenantStore) -> list[Anomaly]:
    """Return the waiting anomalies, those that were detected first.

    Of a storm it is as many as one commit can hold with all that follows from them; the rest joins
    what they became.
    """
    found = store.anomalies.query(PENDING_ANOMALIES, equal={"incident_id": None}, limit=_AT_ONCE)
    return [stored.value for stored in found]


def _first_instant(waiting: Sequence[Anomaly]) -> list[Anomaly]:
    return [anomaly for anomaly in waiting if anomaly.detected_at == waiting[0].detected_at]


def _standing(
    tenant: Tenant, store: TenantStore, settled_until: datetime
) -> dict[str, Stored[Incident]]:
    """Return the open incidents, and those that ended just before.

    What strayed in the windows before a person's decision belongs to what they decided on: it must
    not wake them again. What became quiet lately may stray again. What only others had found, and
    have ended, is over: who strays meanwhile has to be told of.
    """
    thresholds = tenant.thresholds
    by_person = timedelta(seconds=thresholds.window_seconds + thresholds.allowed_lateness_seconds)
    by_quiet = timedelta(seconds=thresholds.reopen_within_seconds)
    open_ones = store.incidents.query(
        INCIDENTS_BY_STATUS, equal={"status": IncidentStatus.OPEN.value}
    )
    ended = store.incidents.query(
        INCIDENTS_RESOLVED_SINCE,
        equal={"status": IncidentStatus.RESOLVED.value},
        bound=settled_until - max(by_person, by_quiet),
    )
    lately = [
        stored
        for stored in ended
        if not _was_ended_by_source(stored.value)
        and _ended_at(stored.value)
        >= settled_until - (by_quiet if stored.value.resolved_by is None else by_person)
    ]
    return {stored.value.incident_id: stored for stored in (*open_ones, *lately)}


def _was_ended_by_source(incident: Incident) -> bool:
    return incident.source is not None and incident.resolved_by == incident.source.value


def _ended_at(incident: Incident) -> datetime:
    return incident.resolved_at or incident.last_detected_at


def _members(
    store: TenantStore, incidents: dict[str, Stored[Incident]], since: datetime
) -> dict[str, list[Anomaly]]:
    """Return the anomalies of each incident that later ones can be linked to or blamed on.

    Those are the ones detected since `since`, the root cause, and the first ones: an incident that
    lasts for days is not read whole each time. Of a storm it is the latest ones; the others stay in
    their incident, which knows their series.
    """
    members: dict[str, dict[str, Anomaly]] = {incident_id: {} for incident_id in incidents}
    wanted = [i for stored in incidents.values() for i in _first_ids(stored.value)]
    found = [stored for stored in store.anomalies.get_all(wanted) if stored]
    straying = [
        i
        for i, stored in incidents.items()
        if stored.value.last_detected_at >= since
        # All of a small one has been found by now.
        and stored.value.anomaly_count > _FIRST_MEMBERS
    ]
    at_most = max(_MOST_MEMBERS // max(len(straying), 1), _FIRST_MEMBERS)
    found += [stored for i in straying for stored in _latest(store, i, since, at_most)]
    for anomaly in (stored.value for stored in found):
        if anomaly.incident_id in members:
            members[anomaly.incident_id][anomaly.anomaly_id] = anomaly
    return {incident_id: list(found.values()) for incident_id, found in members.items()}


def _latest(
    store: TenantStore, incident_id: str, since: datetime, at_most: int
) -> list[Stored[Anomaly]]:
    equal = {"incident_id": incident_id}
    found = store.anomalies.query(
        ANOMALIES_OF_INCIDENT, equal=equal, bound=since, limit=at_most + 1
    )
    if len(found) > at_most:
        _log.warning(
            "an incident has more anomalies than are compared",
            tenant_id=store.tenant_id,
            incident_id=incident_id,
            compared=at_most,
        )
    return found[:at_most]


def _first_ids(incident: Incident) -> list[str]:
    return [incident.root_cause.anomaly_id, *incident.anomaly_ids[:_FIRST_MEMBERS]]
