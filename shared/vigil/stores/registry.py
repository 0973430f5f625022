"""Whose a project is, and how each tenant wants to be served."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from vigil.errors import InvalidRequest, PreconditionFailed
from vigil.model.identity import checked_id
from vigil.model.tenant import Project, Tenant
from vigil.ports import Clock, Documents, Existence
from vigil.stores.collection import Collection
from vigil.stores.queries import PROJECTS, TENANTS

_FRESH = timedelta(seconds=60)


class Registry(Protocol):
    """Answers whose a project is."""

    def tenant_of(self, project_id: str) -> Tenant | None:
        """Return the tenant to whom the project was given, or None; never a default one."""

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return a tenant by its id, or None."""


@dataclass(slots=True)
class _Remembered:
    tenant: Tenant | None
    until: datetime


class StoredRegistry:
    """The registry in documents; what it has read it believes for 60 seconds."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._tenants = Collection(documents, "", "tenants", Tenant)
        self._projects = Collection(documents, "", "projects", Project)
        self._by_project: dict[str, _Remembered] = {}
        self._by_tenant: dict[str, _Remembered] = {}

    def tenant_of(self, project_id: str) -> Tenant | None:
        """Return the tenant to whom the project was given, or None."""
        known = self._by_project.get(project_id)
        if known is None or known.until <= self._clock():
            known = _Remembered(self._read_tenant_of(project_id), self._clock() + _FRESH)
            self._by_project[project_id] = known
        return known.tenant

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return a tenant by its id, or None."""
        known = self._by_tenant.get(tenant_id)
        if known is None or known.until <= self._clock():
            stored = self._tenants.get(tenant_id)
            known = _Remembered(stored.value if stored else None, self._clock() + _FRESH)
            self._by_tenant[tenant_id] = known
        return known.tenant

    def tenants(self) -> list[Tenant]:
        """Return all tenants by name."""
        return [stored.value for stored in self._tenants.query(TENANTS)]

    def projects(self, tenant_id: str) -> list[Project]:
        """Return the projects of one tenant in the order of their approval."""
        found = self._projects.query(PROJECTS, equal={"tenant_id": tenant_id})
        return [stored.value for stored in found]

    def create_tenant(self, tenant: Tenant) -> None:
        """Keep a new tenant; raise InvalidRequest if there is one with its id."""
        self._create(self._tenants, tenant.tenant_id, tenant, "a tenant of this name exists")

    def change_tenant(self, tenant: Tenant) -> None:
        """Replace what is kept of a tenant; raise InvalidRequest if there is none with its id."""
        write = self._tenants.put(tenant.tenant_id, tenant, when=Existence.PRESENT)
        try:
            self._documents.commit([write])
        except PreconditionFailed:
            raise InvalidRequest(
                "there is no such tenant; `vigil tenants create` makes one"
            ) from None
        self._by_tenant.clear()
        self._by_project.clear()

    def give_project(self, project: Project) -> None:
        """Give a project to a tenant; raise InvalidRequest if it has been given to somebody."""
        if self.tenant(project.tenant_id) is None:
            raise InvalidRequest("there is no such tenant; `vigil tenants create` makes one")
        self._create(
            self._projects, project.project_id, project, "this project already belongs to a tenant"
        )

    def _create(
        self,
        collection: "Collection[Tenant] | Collection[Project]",
        key: str,
        value: object,
        complaint: str,
    ) -> None:
        write = collection.put(checked_id(key), value, when=Existence.ABSENT)  # type: ignore[arg-type] # the pair is made by the callers above
        try:
            self._documents.commit([write])
        except PreconditionFailed:
            raise InvalidRequest(complaint) from None
        self._by_tenant.clear()
        self._by_project.clear()

    def _read_tenant_of(self, project_id: str) -> Tenant | None:
        try:
            project = self._projects.get(project_id)
        except InvalidRequest:
            return None
        return self.tenant(project.value.tenant_id) if project else None
