"""Deletes what one tenant does not want to keep any longer, before its retention is over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from vigil.model.alert import AlertStatus
from vigil.model.incident import IncidentStatus
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Delete, Document, Documents, OfVersion
from vigil.stores.queries import ALERT_HISTORY, EXPIRED_OF_TENANT
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore

# Of each collection in one call, and in one commit.
_AT_ONCE = 400
_GOING_ON = {
    "alerts": {AlertStatus.OPEN.value, AlertStatus.ACKNOWLEDGED.value},
    "incidents": {IncidentStatus.OPEN.value},
}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many documents were deleted, whether those were all, and how many days are kept."""

    deleted: int
    complete: bool
    retention_days: int


class TenantCleanup:
    """Deletes anomalies, analyses, incidents that are over and alerts that are resolved.

    What is going on stays, however old it is, and so does what duplicates are told by. Of each kind
    at most 400 documents are looked at in one call, and alerts take their histories with them.
    """

    def __init__(self, *, documents: Documents, registry: Registry, clock: Clock) -> None:
        self._documents = documents
        self._registry = registry
        self._clock = clock

    def run(self, tenant_id: str, retention_days: int | None = None) -> Cleaned | None:
        """Delete what happened more than `retention_days` ago; None if there is no such tenant.

        By default these are the days of the tenant's own retention, and never more.
        """
        tenant = self._registry.tenant(tenant_id)
        return None if tenant is None else self._clean(tenant, retention_days)

    def _clean(self, tenant: Tenant, asked_days: int | None) -> Cleaned:
        days = min(asked_days or tenant.retention_days, tenant.retention_days)
        # What happened `days` ago expires when the rest of the retention has passed.
        until = self._clock() + timedelta(days=tenant.retention_days - days)
        root = TenantStore.of(self._documents, tenant).root
        found = {
            name: self._documents.query(query, parent=root, bound=until, limit=_AT_ONCE)
            for name, query in EXPIRED_OF_TENANT.items()
        }
        gone = [delete for name, old in found.items() for delete in self._deletes(name, old)]
        for begin in range(0, len(gone), _AT_ONCE):
            self._documents.commit(gone[begin : begin + _AT_ONCE])
        return Cleaned(len(gone), all(len(old) < _AT_ONCE for old in found.values()), days)

    def _deletes(self, name: str, found: Sequence[Document]) -> Iterator[Delete]:
        for document in found:
            if document.fields.get("status") in _GOING_ON.get(name, ()):
                continue
            if name == "alerts":
                history = self._documents.query(ALERT_HISTORY, parent=document.path)
                yield from (Delete(step.path) for step in history)
            # Not if it has been taken up again meanwhile.
            yield Delete(document.path, when=OfVersion(document.version))
