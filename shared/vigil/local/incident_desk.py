"""What an operator reads of incidents, of an embedded Vigil or of one on Google Cloud."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from vigil.errors import InvalidRequest
from vigil.local.chosen_tenants import chosen_tenants
from vigil.local.opened_documents import opened_documents
from vigil.model.identity import checked_id
from vigil.model.incident import Incident, IncidentStatus
from vigil.ports import Documents
from vigil.settings import read_settings
from vigil.stores.incident_story import IncidentStory, incident_story
from vigil.stores.queries import INCIDENTS, INCIDENTS_BY_STATUS
from vigil.stores.tenant_store import TenantStore


class IncidentDesk:
    """Reads the incidents of one tenant or of all; `place` says in words where they are."""

    def __init__(self, documents: Documents, *, place: str = "") -> None:
        self.place = place
        self._documents = documents

    def listed(
        self, tenant_id: str | None, status: IncidentStatus | None, limit: int
    ) -> list[tuple[str, Incident]]:
        """Return incidents with their tenants' ids, newest first; `None` stands for all.

        Raises InvalidRequest for a tenant that is not there.
        """
        found = [
            (store.tenant_id, incident)
            for store in self._stores(tenant_id)
            for incident in _incidents(store, status, limit)
        ]
        return sorted(found, key=lambda each: each[1].first_detected_at, reverse=True)[:limit]

    def story(self, incident_id: str, tenant_id: str | None) -> tuple[str, IncidentStory]:
        """Return an incident's story with its tenant's id.

        Raises InvalidRequest if there is no such incident.
        """
        wanted = checked_id(incident_id)
        for store in self._stores(tenant_id):
            story = incident_story(store, wanted)
            if story is not None:
                return store.tenant_id, story
        raise InvalidRequest(
            f"there is no incident {incident_id}; `vigil incidents list --status all` says which "
            "are kept"
        )

    def _stores(self, tenant_id: str | None) -> list[TenantStore]:
        tenants = chosen_tenants(self._documents, tenant_id)
        return [TenantStore.of(self._documents, tenant) for tenant in tenants]


@contextmanager
def incident_desk() -> Iterator[IncidentDesk]:
    """Open the documents that the settings name, while the block lasts."""
    with opened_documents(read_settings(), os.environ) as opened:
        yield IncidentDesk(opened.documents, place=opened.place)


def _incidents(store: TenantStore, status: IncidentStatus | None, limit: int) -> list[Incident]:
    if status is None:
        found = store.incidents.query(INCIDENTS, limit=limit)
    else:
        equal = {"status": status.value}
        found = store.incidents.query(INCIDENTS_BY_STATUS, equal=equal, limit=limit)
    return [stored.value for stored in found]
