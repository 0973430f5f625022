"""The tenant of an embedded Vigil, its project, and the key of each run."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests.builders import NOON
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest
from vigil.local.local_tenant import KEY_NAME, QUICK, TENANT_ID, ensure_tenant, issue_key
from vigil.model.api_key import ApiKey, Role
from vigil.model.tenant import Project, Tenant, TenantMode, Thresholds
from vigil.settings import Settings
from vigil.stores.queries import API_KEYS, DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.access import Access, NotIdentified

LATER = NOON + timedelta(days=1)


@pytest.fixture
def documents() -> SqliteDocuments:
    return SqliteDocuments(":memory:", DECLARED)


@pytest.fixture
def registry(documents: SqliteDocuments) -> StoredRegistry:
    return StoredRegistry(documents, lambda: NOON)


def test_the_sample_shop_belongs_to_the_tenant(registry: StoredRegistry) -> None:
    tenant = ensure_tenant(registry, Settings(), QUICK, NOON)
    assert registry.tenant_of("sample-shop") == tenant
    assert [channel.channel_id for channel in tenant.channels] == ["terminal"]


def test_a_later_run_has_its_own_thresholds_and_channels(registry: StoredRegistry) -> None:
    ensure_tenant(registry, Settings(), QUICK, NOON)
    settings = Settings(slack_webhook_url=SecretStr("https://slack.example/hook"))
    tenant = ensure_tenant(registry, settings, Thresholds(), LATER)
    assert registry.tenant(TENANT_ID) == tenant
    assert (tenant.created_at, tenant.thresholds) == (NOON, Thresholds())
    assert [channel.address_ref for channel in tenant.channels] == [
        None,
        "env:VIGIL_SLACK_WEBHOOK_URL",
    ]


def test_a_tenant_in_shadow_is_in_shadow_after_a_restart(registry: StoredRegistry) -> None:
    known = ensure_tenant(registry, Settings(), QUICK, NOON)
    registry.change_tenant(replace(known, mode=TenantMode.SHADOW))

    assert ensure_tenant(registry, Settings(), QUICK, LATER).in_shadow


def test_a_shop_that_was_given_to_somebody_else_is_not_taken_away(
    registry: StoredRegistry,
) -> None:
    registry.create_tenant(Tenant("acme", "Acme", NOON))
    registry.give_project(Project("sample-shop", "acme", NOON))
    with pytest.raises(InvalidRequest, match="already belongs to a tenant"):
        ensure_tenant(registry, Settings(), QUICK, NOON)


def test_the_key_of_an_earlier_run_opens_nothing_any_more(
    documents: SqliteDocuments, registry: StoredRegistry
) -> None:
    ensure_tenant(registry, Settings(), QUICK, NOON)
    first, second = issue_key(documents, NOON), issue_key(documents, LATER)
    access = Access(documents=documents, registry=registry)
    identity = access.identify({"X-API-Key": second})
    assert (identity.tenant_id, identity.role, identity.actor) == (TENANT_ID, Role.ADMIN, KEY_NAME)
    with pytest.raises(NotIdentified):
        access.identify({"X-API-Key": first})


def test_a_key_that_a_person_has_made_stays(documents: SqliteDocuments) -> None:
    store = TenantStore(documents, TENANT_ID)
    own = ApiKey("a" * 64, TENANT_ID, "my script", Role.VIEWER, NOON)
    documents.commit([store.api_keys.put(own.key_hash, own)])
    issue_key(documents, NOON)
    issue_key(documents, LATER)
    kept = [stored.value for stored in store.api_keys.query(API_KEYS)]
    assert [key.name for key in kept] == ["my script", KEY_NAME]
    assert kept[0] == own
