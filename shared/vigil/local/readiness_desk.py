"""What an operator reads of how far series have been learned, here or on Google Cloud."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from vigil.local.chosen_tenants import chosen_tenants
from vigil.local.opened_documents import opened_documents
from vigil.ports import Documents
from vigil.settings import read_settings
from vigil.stores.service_readiness import TenantReadiness, tenant_readiness
from vigil.stores.tenant_store import TenantStore


class ReadinessDesk:
    """Reads the series of one tenant or of all; `place` says in words where they are."""

    def __init__(self, documents: Documents, *, place: str = "") -> None:
        self.place = place
        self._documents = documents

    def readiness(
        self, tenant_id: str | None, service: str | None
    ) -> list[tuple[str, TenantReadiness]]:
        """Return how far the series of each tenant have been learned, of one service if named.

        Raises InvalidRequest for a tenant that is not there.
        """
        return [
            (
                tenant.tenant_id,
                tenant_readiness(TenantStore.of(self._documents, tenant), tenant, service=service),
            )
            for tenant in chosen_tenants(self._documents, tenant_id)
        ]


@contextmanager
def readiness_desk() -> Iterator[ReadinessDesk]:
    """Open the documents that the settings name, while the block lasts."""
    with opened_documents(read_settings(), os.environ) as opened:
        yield ReadinessDesk(opened.documents, place=opened.place)
