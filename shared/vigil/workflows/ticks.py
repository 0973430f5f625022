"""What is due by time alone, for every tenant, at each tick."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from vigil.model.tenant import Tenant
from vigil.telemetry import logger
from vigil.workflows.detect_anomalies import DetectAnomalies
from vigil.workflows.manage_alerts import ManageAlerts

EVENT_TYPE = "tick"
_log = logger(__name__)

# Gives since when entries wait that have not been taken in yet; None while none do.
WaitingSince = Callable[[], datetime | None]


def nothing_waits() -> None:
    """Say that no entries wait: for where nobody can tell."""


class Ticks:
    """Judges and correlates all tenants by the time that it is, whatever time the tick was sent.

    So a tick that comes twice, late or beside another one does what the next would have done. One
    tenant's trouble is not the others': it is logged, and that tenant has its next tick. As many
    tenants are judged `at_once`, since each waits for its hot services.
    """

    def __init__(
        self,
        *,
        tenants: Callable[[], Iterable[Tenant]],
        detect: DetectAnomalies,
        manage: ManageAlerts,
        waiting_since: WaitingSince = nothing_waits,
        at_once: int = 1,
    ) -> None:
        self._tenants = tenants
        self._detect = detect
        self._manage = manage
        self._waiting_since = waiting_since
        self._at_once = at_once

    def judge(self) -> None:
        """Judge the windows that are over, of every tenant."""
        # Asked before the tenants are: what comes in meanwhile is waited for as well.
        since = self._waiting_since()
        judge = partial(self._try, partial(self._detect.tick, waiting_since=since))
        with ThreadPoolExecutor(self._at_once, "tick") as pool:
            # Taken one by one, so that what stops the process is raised here.
            for _ in pool.map(judge, self._tenants()):
                pass

    def correlate(self) -> None:
        """Correlate what has been judged, of every tenant, and learn from its traces."""
        for tenant in self._tenants():
            self._try(self._manage.tick, tenant)

    def _try(self, work: Callable[[str], object], tenant: Tenant) -> None:
        try:
            work(tenant.tenant_id)
        except Exception:
            # Whatever it was, the others do not wait for it.
            _log.exception("a tenant's tick was not finished", tenant_id=tenant.tenant_id)
