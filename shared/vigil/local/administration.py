"""Tenants and keys of a Vigil in the data folder or on Google Cloud, whether it runs or not."""

import os
import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from vigil.doors.clock import utc_now
from vigil.errors import InvalidRequest
from vigil.local.channels import NamedChannels, configured_channels, with_channels
from vigil.local.opened_documents import opened_documents
from vigil.model.api_key import ApiKey, Role
from vigil.model.channel import Channel
from vigil.model.identity import checked_id
from vigil.model.instant import instant_as_text
from vigil.model.tenant import Project, Tenant, TenantMode
from vigil.ports import Clock, Documents
from vigil.settings import Settings, read_settings
from vigil.stores.collection import Stored
from vigil.stores.queries import API_KEYS
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.access import make_key

_SECRET_BYTES = 32
_SHOWN_OF_HASH = 12
_LONGEST_NAME = 100


class Administration:
    """What an administrator may change; a running Vigil goes by it within a minute.

    `place` says in words where that is.
    """

    def __init__(
        self, documents: Documents, settings: Settings, clock: Clock, *, place: str = ""
    ) -> None:
        """Take the documents, and the settings that say which channels there are."""
        self.place = place
        self._documents = documents
        self._settings = settings
        self._clock = clock
        self._registry = StoredRegistry(documents, clock)

    def create_tenant(
        self,
        name: str,
        projects: Sequence[str],
        *,
        tenant_id: str | None = None,
        named: NamedChannels = NamedChannels(),  # noqa: B008 - it is frozen
        mode: TenantMode = TenantMode.LIVE,
    ) -> Tenant:
        """Create a tenant with its projects and channels, and return it.

        It is told by the channels that are `named`; in the data folder also by those of the
        settings, which are of this machine. Raises InvalidRequest, having created nothing, for an
        id or a project that is taken, and for a channel that cannot work.
        """
        if not 1 <= len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
            raise InvalidRequest(f"a tenant's name has 1 to {_LONGEST_NAME} printable characters")
        tenant_id = checked_id(tenant_id) if tenant_id else id_of_name(name)
        for project_id in projects:
            self._require_free(checked_id(project_id))
        channels = with_channels(self._usual_channels(), self._channels(named))
        tenant = Tenant(
            tenant_id,
            name,
            self._clock(),
            channels=channels,
            retention_days=self._settings.retention_days,
            mode=mode,
        )
        self._registry.create_tenant(tenant)
        for project_id in projects:
            self._registry.give_project(Project(project_id, tenant_id, self._clock()))
        return tenant

    def add_project(self, tenant_id: str, project_id: str) -> None:
        """Give a project to a tenant; giving it again changes nothing.

        Raises InvalidRequest if it is somebody else's.
        """
        tenant = self._tenant(tenant_id)
        owner = self._registry.tenant_of(checked_id(project_id))
        if owner is not None and owner.tenant_id == tenant.tenant_id:
            return
        self._require_free(project_id)
        self._registry.give_project(Project(project_id, tenant_id, self._clock()))

    def add_channels(self, tenant_id: str, named: NamedChannels) -> Tenant:
        """Let a tenant be told by these channels too, and return it.

        One that it has already takes the new names of its secrets.
        """
        tenant, added = self._tenant(tenant_id), self._channels(named)
        if not added:
            raise InvalidRequest("no channel is named: give --slack, or --webhook and its key")
        return self._changed(replace(tenant, channels=with_channels(tenant.channels, added)))

    def remove_channel(self, tenant_id: str, channel_id: str) -> Tenant:
        """Let a tenant be told by a channel no longer, and return it."""
        tenant = self._tenant(tenant_id)
        kept = tuple(each for each in tenant.channels if each.channel_id != channel_id)
        if kept == tenant.channels:
            known = ", ".join(each.channel_id for each in kept) or "none"
            raise InvalidRequest(f"{tenant_id} has no such channel; its channels: {known}")
        return self._changed(replace(tenant, channels=kept))

    def set_mode(self, tenant_id: str, mode: TenantMode) -> Tenant:
        """Let people be told of a tenant's alerts from now on, or not, and return the tenant."""
        return self._changed(replace(self._tenant(tenant_id), mode=mode))

    def tenant_lines(self) -> list[str]:
        """Return a line for each tenant: id, name, projects, channels, mode."""
        return ["\t".join(self._facts(tenant)) for tenant in self._registry.tenants()]

    def create_key(self, tenant_id: str, role: Role, *, name: str) -> str:
        """Keep the hash of a new key and return the key; raise InvalidRequest without tenant."""
        store = self._store(tenant_id)
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        text, key = make_key(tenant_id, name=name, role=role, now=self._clock(), secret=secret)
        self._documents.commit([store.api_keys.put(key.key_hash, key)])
        return text

    def key_lines(self, tenant_id: str) -> list[str]:
        """Return a line for each key of a tenant: id, role, name, since when, until when."""
        found = self._store(tenant_id).api_keys.query(API_KEYS)
        return ["\t".join(_facts_of(stored.value)) for stored in found]

    def revoke_key(self, tenant_id: str, key_id: str) -> None:
        """Let the key whose hash begins with `key_id` allow nothing from now on.

        Revoking it again changes nothing. Raises InvalidRequest if no key, or more than one, is
        meant.
        """
        store = self._store(tenant_id)
        found = [k for k in store.api_keys.query(API_KEYS) if k.value.key_hash.startswith(key_id)]
        key = _only(found, key_id)
        if key.value.revoked_at is None:
            revoked = replace(key.value, revoked_at=self._clock())
            self._documents.commit(
                [store.api_keys.put(revoked.key_hash, revoked, when=key.unchanged)]
            )

    def _require_free(self, project_id: str) -> None:
        owner = self._registry.tenant_of(project_id)
        if owner is not None:
            raise InvalidRequest(f"the project {project_id} belongs to {owner.tenant_id} already")

    def _usual_channels(self) -> tuple[Channel, ...]:
        # What this machine's settings name is not there for a function, and it has no terminal.
        return () if self._settings.project else configured_channels(self._settings)

    def _channels(self, named: NamedChannels) -> tuple[Channel, ...]:
        return named.channels(on_google=self._settings.project is not None)

    def _changed(self, tenant: Tenant) -> Tenant:
        self._registry.change_tenant(tenant)
        return tenant

    def _tenant(self, tenant_id: str) -> Tenant:
        tenant = self._registry.tenant(tenant_id)
        if tenant is None:
            raise InvalidRequest(
                f"there is no tenant {tenant_id}; `vigil tenants list` says who there is"
            )
        return tenant

    def _store(self, tenant_id: str) -> TenantStore:
        return TenantStore(self._documents, self._tenant(tenant_id).tenant_id)

    def _facts(self, tenant: Tenant) -> tuple[str, ...]:
        projects = [project.project_id for project in self._registry.projects(tenant.tenant_id)]
        channels = [channel.channel_id for channel in tenant.channels]
        listed = [",".join(names) or "-" for names in (projects, channels)]
        return tenant.tenant_id, tenant.name, *listed, tenant.mode.value


@contextmanager
def administration(*, may_create: bool = False) -> Iterator[Administration]:
    """Open the documents that the settings name, while the block lasts.

    They are those of the project, if one is set, and those of the data folder otherwise, which is
    made if it `may_create` it.
    """
    settings = read_settings()
    with opened_documents(settings, os.environ, may_create=may_create) as opened:
        yield Administration(opened.documents, settings, utc_now, place=opened.place)


def id_of_name(name: str) -> str:
    """Return an id that looks like `name`; raise InvalidRequest if nothing of it can stand in one.

    >>> id_of_name("Café Größe & Co.")
    'cafe-grosse-co'
    """
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    tenant_id = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not tenant_id:
        raise InvalidRequest("no id can be made from this name: give one with --id")
    return checked_id(tenant_id)


def _only(found: Sequence[Stored[ApiKey]], key_id: str) -> Stored[ApiKey]:
    if len(found) != 1:
        raise InvalidRequest(
            f"{'no key' if not found else 'more than one key'} begins with {key_id!r}; "
            "`vigil keys list` says which there are"
        )
    return found[0]


def _facts_of(key: ApiKey) -> tuple[str, str, str, str, str]:
    revoked = f"revoked {instant_as_text(key.revoked_at)}" if key.revoked_at else "-"
    created = instant_as_text(key.created_at)
    return key.key_hash[:_SHOWN_OF_HASH], key.role.value, key.name, created, revoked
