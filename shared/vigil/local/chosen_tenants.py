"""The tenants that a command is about."""

from vigil.doors.clock import utc_now
from vigil.errors import InvalidRequest
from vigil.model.tenant import Tenant
from vigil.ports import Documents
from vigil.stores.registry import StoredRegistry


def chosen_tenants(documents: Documents, tenant_id: str | None) -> list[Tenant]:
    """Return the tenant of this id, or all of them by name if none is named.

    Raises InvalidRequest for a tenant that is not there.
    """
    tenants = StoredRegistry(documents, utc_now).tenants()
    chosen = [each for each in tenants if tenant_id in (None, each.tenant_id)]
    if tenant_id is not None and not chosen:
        raise InvalidRequest(
            f"there is no tenant {tenant_id}; `vigil tenants list` says who there is"
        )
    return chosen
