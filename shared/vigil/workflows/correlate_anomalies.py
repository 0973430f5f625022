"""From stored anomalies to incidents and alerts, one commit for each instant."""

from datetime import datetime

from vigil.incidents.correlation import Correlation, correlate
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Documents, Existence, Put
from vigil.stores.tenant_store import TenantStore, Turn
from vigil.workflows.alert_changes import Changes
from vigil.workflows.correlated import Correlated
from vigil.workflows.correlation_scene import Scene, read_scene
from vigil.workflows.event_outbox import EventOutbox

_TURN = "correlation"


class CorrelateAnomalies:
    """Puts anomalies into incidents, and opens, folds and resolves their alerts.

    Everything that follows from one instant is one commit: there is no incident without its alert
    and no alert without its notifications (FAULTS C05). Two correlations of one tenant cannot both
    win, since each takes its turn in its commit.
    """

    def __init__(self, *, documents: Documents, events: EventOutbox, clock: Clock) -> None:
        self._documents = documents
        self._events = events
        self._clock = clock
        self._correlated = Correlated(documents=documents)

    def run(
        self, tenant: Tenant, settled_until: datetime, told_until: datetime | None = None
    ) -> None:
        """Correlate all that was detected up to `settled_until`.

        Of what was detected after that, up to `told_until`, what needs not wait is taken too.
        Raises PreconditionFailed if somebody else wrote first; what was done until then is done.
        """
        store = TenantStore.of(self._documents, tenant)
        while True:
            turn = store.turns.get(_TURN)
            scene = read_scene(tenant, store, settled_until, told_until or settled_until)
            correlation = correlate(
                scene.pending,
                [stored.value for stored in scene.incidents.values()],
                scene.members,
                settled_until=scene.instant,
                quiet_until=scene.quiet_until,
                thresholds=tenant.thresholds,
                surroundings=scene.surroundings,
            )
            if correlation.incidents or correlation.assigned:
                when = turn.unchanged if turn else Existence.ABSENT
                taken = store.turns.put(_TURN, Turn(self._clock()), when=when)
                self._commit(tenant, store, scene, correlation, taken)
            if not scene.pending:
                return

    def _commit(
        self,
        tenant: Tenant,
        store: TenantStore,
        scene: Scene,
        correlation: Correlation,
        turn: Put,
    ) -> None:
        changes = Changes([turn])
        self._correlated.add(changes, tenant, store, scene, correlation, now=self._clock())
        changes.writes += self._events.writes(store, changes.events)
        self._documents.commit(changes.writes)
        self._events.publish(store, changes.events)
