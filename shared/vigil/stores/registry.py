"""Whose a project is, and how each tenant wants to be served."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from vigil.errors import InvalidRequest, PreconditionFailed, TransientError
from vigil.model.identity import checked_id
from vigil.model.tenant import Project, Tenant
from vigil.ports import Clock, Documents, Existence
from vigil.stores.collection import Collection
from vigil.stores.queries import PROJECTS, TENANTS
from vigil.telemetry import logger

T = TypeVar("T")

_log = logger(__name__)
_FRESH = timedelta(seconds=60)
# Projects that nobody was given are remembered too, and there is no end to their names.
_MOST = 10_000


class Registry(Protocol):
    """Answers whose a project is."""

    def tenant_of(self, project_id: str) -> Tenant | None:
        """Return the tenant to whom the project was given, or None; never a default one."""

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return a tenant by its id, or None."""


class _Remembered(Generic[T]):
    """What was read, believed for 60 seconds; when it is too much, all of it is read anew.

    While it cannot be read, what was read last is believed for longer (FAULTS B22).
    """

    def __init__(self, read: Callable[[str], T], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[str, tuple[T, datetime]] = {}

    def get(self, key: str) -> T:
        now = self._clock()
        known = self._known.get(key)
        if known is None or known[1] <= now:
            known = self._known[key] = (self._read_again(key, known), now + _FRESH)
        return known[0]

    def forget(self) -> None:
        self._known.clear()

    def _read_again(self, key: str, known: tuple[T, datetime] | None) -> T:
        if len(self._known) >= _MOST:
            self._known.clear()
        try:
            return self._read(key)
        except TransientError:
            if known is None:
                raise
            _log.warning("the registry cannot be read; what was read last is believed")
            return known[0]


class StoredRegistry:
    """The registry in documents; what it has read it believes for 60 seconds."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._tenants = Collection(documents, "", "tenants", Tenant)
        self._projects = Collection(documents, "", "projects", Project)
        self._owners = _Remembered(self._read_owner, clock)
        self._by_id = _Remembered(self._read_tenant, clock)

    def tenant_of(self, project_id: str) -> Tenant | None:
        """Return the tenant to whom the project was given, or None."""
        owner = self._owners.get(project_id)
        return None if owner is None else self.tenant(owner)

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return a tenant by its id, or None; raise InvalidRequest for what can be no id."""
        return self._by_id.get(tenant_id)

    def tenants(self) -> list[Tenant]:
        """Return all tenants by name."""
        return [stored.value for stored in self._tenants.query(TENANTS)]

    def projects(self, tenant_id: str) -> list[Project]:
        """Return the projects of one tenant in the order of their approval."""
        return _projects_of(self._projects, tenant_id)

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
        self._forget()

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
        self._forget()

    def _forget(self) -> None:
        self._by_id.forget()
        self._owners.forget()

    def _read_tenant(self, tenant_id: str) -> Tenant | None:
        stored = self._tenants.get(tenant_id)
        return stored.value if stored else None

    def _read_owner(self, project_id: str) -> str | None:
        """Return the id of the tenant to whom the project was given, or None."""
        try:
            project = self._projects.get(project_id)
        except InvalidRequest:
            return None
        return project.value.tenant_id if project else None


def projects_of(documents: Documents, tenant_id: str) -> list[str]:
    """Return the ids of the projects of one tenant in the order of their approval."""
    projects = Collection(documents, "", "projects", Project)
    return [project.project_id for project in _projects_of(projects, tenant_id)]


def _projects_of(projects: Collection[Project], tenant_id: str) -> list[Project]:
    return [stored.value for stored in projects.query(PROJECTS, equal={"tenant_id": tenant_id})]
