"""The tenant of an embedded Vigil: whose the sample shop is, who is told, and who may ask."""

import secrets
from datetime import datetime

from vigil.local.channels import TERMINAL, configured_channels
from vigil.local.shop import DEFAULT_PROJECT
from vigil.model.api_key import Role
from vigil.model.channel import Channel
from vigil.model.log_severity import LogSeverity
from vigil.model.stream import LogStreamConfig
from vigil.model.tenant import Project, Tenant, TenantMode, Thresholds
from vigil.ports import Delete, Documents
from vigil.settings import Settings
from vigil.stores.queries import API_KEYS
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.access import make_key

TENANT_ID = "local"
KEY_NAME = "vigil up"
# Short enough to be watched: what breaks is told of within the quarter of a minute.
QUICK = Thresholds(
    window_seconds=5, allowed_lateness_seconds=2, group_wait_seconds=2, quiet_seconds=15
)

ALL_OF_THE_SHOP = LogStreamConfig(DEFAULT_PROJECT, severity_filter=tuple(LogSeverity))


def ensure_tenant(
    registry: StoredRegistry,
    settings: Settings,
    thresholds: Thresholds,
    now: datetime,
    *,
    terminal: Channel = TERMINAL,
) -> Tenant:
    """Return the tenant `local` as this run wants it; the sample shop's project is its own.

    It is in shadow mode if it was. `terminal` is the channel by which people at this machine are
    told. Raises InvalidRequest if that project has been given to another tenant.
    """
    known = registry.tenant(TENANT_ID)
    tenant = Tenant(
        TENANT_ID,
        "This machine",
        known.created_at if known else now,
        thresholds,
        configured_channels(settings, terminal),
        retention_days=settings.retention_days,
        mode=known.mode if known else TenantMode.LIVE,
    )
    keep = registry.change_tenant if known else registry.create_tenant
    keep(tenant)
    owner = registry.tenant_of(DEFAULT_PROJECT)
    if owner is None or owner.tenant_id != TENANT_ID:
        registry.give_project(Project(DEFAULT_PROJECT, TENANT_ID, now))
    return tenant


def issue_key(documents: Documents, now: datetime) -> str:
    """Return a new key for this run, an admin's; those of earlier runs are good no longer."""
    store = TenantStore(documents, TENANT_ID)
    text, key = make_key(
        TENANT_ID, name=KEY_NAME, role=Role.ADMIN, now=now, secret=secrets.token_urlsafe(32)
    )
    documents.commit([*_earlier_keys(store), store.api_keys.put(key.key_hash, key)])
    return text


def _earlier_keys(store: TenantStore) -> list[Delete]:
    return [
        store.api_keys.delete(stored.value.key_hash)
        for stored in store.api_keys.query(API_KEYS)
        if stored.value.name == KEY_NAME
    ]
