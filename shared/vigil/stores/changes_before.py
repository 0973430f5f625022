"""The changes of a tenant in a span of time, those nearest to its end first."""

from datetime import datetime

from vigil.model.change import Change
from vigil.stores.queries import CHANGES_UNTIL
from vigil.stores.tenant_store import TenantStore

# A rollout of everything at once makes some changes of each service.
MOST_READ = 1000


def changes_before(store: TenantStore, until: datetime, *, since: datetime) -> list[Change]:
    """Return what was changed from `since` to `until`, the latest first, at most MOST_READ.

    Of a flood, what is lost is what came first: it is the least likely to have to do with what
    happened at `until`.
    """
    found = store.changes.query(CHANGES_UNTIL, bound=until, limit=MOST_READ)
    return [stored.value for stored in found if stored.value.at >= since]
