"""Tenants and keys can be made, seen and revoked, and a mistake leaves everything as it was."""

from datetime import timedelta

import pytest

from tests.contract.set_clock import SetClock
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest
from vigil.local.administration import Administration
from vigil.model.api_key import Role
from vigil.settings import Settings
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.workflows.access import Access, NotIdentified

SLACK = "https://hooks.example/T0/B0"


class Desk(Administration):
    """An administration of an empty installation, and what the API makes of it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = SetClock()
        self.documents = SqliteDocuments(":memory:", DECLARED)
        super().__init__(self.documents, settings or Settings(), self.clock)

    @property
    def registry(self) -> StoredRegistry:
        return StoredRegistry(self.documents, self.clock)

    @property
    def access(self) -> Access:
        return Access(documents=self.documents, registry=self.registry)


@pytest.mark.parametrize(
    ("name", "given", "tenant_id"),
    [
        pytest.param("Acme", None, "acme", id="from the name"),
        pytest.param("Müller & Söhne", None, "muller-sohne", id="without what no id can hold"),
        pytest.param("東京", "tokyo", "tokyo", id="as it was given"),
    ],
)
def test_a_tenant_has_an_id(name: str, given: str | None, tenant_id: str) -> None:
    desk = Desk()

    assert desk.create_tenant(name, [], tenant_id=given).tenant_id == tenant_id
    tenant = desk.registry.tenant(tenant_id)
    assert tenant is not None
    assert (tenant.name, tenant.created_at) == (name, desk.clock())


def test_a_tenant_gets_its_projects_and_the_channels_that_are_set_up() -> None:
    settings = Settings.model_validate({"slack_webhook_url": SLACK, "retention_days": 3})
    desk = Desk(settings)

    desk.create_tenant("Acme", ["acme-prod", "acme-test"])

    tenant = desk.registry.tenant_of("acme-test")
    assert tenant is not None
    assert tenant.tenant_id == "acme"
    assert tenant.retention_days == 3
    assert [channel.address_ref for channel in tenant.channels] == [
        None,
        "env:VIGIL_SLACK_WEBHOOK_URL",
    ]
    assert desk.tenant_lines() == ["acme\tAcme\tacme-prod,acme-test\tterminal,slack"]


@pytest.mark.parametrize(
    ("name", "projects", "tenant_id", "told"),
    [
        pytest.param("Acme", [], None, "exists", id="a name that is taken"),
        pytest.param("Other", ["free", "acme-prod"], None, "acme already", id="a taken project"),
        pytest.param("Other", ["a/b"], None, "letters", id="d04 a project that is a path"),
        pytest.param("Other", [], "../acme", "letters", id="d04 an id that is a path"),
        pytest.param("東京", [], None, "--id", id="a name that gives no id"),
        pytest.param("A\x1b[2J", [], "a", "printable", id="d19 a name that clears the screen"),
        pytest.param(" ", [], "a", "printable", id="an empty name"),
    ],
)
def test_what_cannot_be_created_leaves_everything_as_it_was(
    name: str, projects: list[str], tenant_id: str | None, told: str
) -> None:
    desk = Desk()
    desk.create_tenant("Acme", ["acme-prod"])
    before = desk.tenant_lines()

    with pytest.raises(InvalidRequest, match=told):
        desk.create_tenant(name, projects, tenant_id=tenant_id)

    assert desk.tenant_lines() == before
    assert desk.registry.tenant_of("free") is None


def test_a_key_opens_its_tenant_with_its_role_until_it_is_revoked() -> None:
    desk = Desk()
    desk.create_tenant("Acme", [])
    key = desk.create_key("acme", Role.RESPONDER, name="ci")
    headers = {"Authorization": f"Bearer {key}"}

    identity = desk.access.identify(headers)
    assert (identity.tenant_id, identity.role, identity.actor) == ("acme", Role.RESPONDER, "ci")

    (line,) = desk.key_lines("acme")
    key_id = line.split("\t")[0]
    assert key not in line
    desk.revoke_key("acme", key_id)
    with pytest.raises(NotIdentified):
        desk.access.identify(headers)


def test_revoking_a_key_again_does_not_change_when_it_was_revoked() -> None:
    desk = Desk()
    desk.create_tenant("Acme", [])
    desk.create_key("acme", Role.VIEWER, name="ci")
    key_id = desk.key_lines("acme")[0].split("\t")[0]

    desk.revoke_key("acme", key_id)
    lines = desk.key_lines("acme")
    desk.clock.now += timedelta(hours=1)
    desk.revoke_key("acme", key_id)

    assert desk.key_lines("acme") == lines
    assert "revoked" in lines[0]


@pytest.mark.parametrize(("key_id", "told"), [("", "more than one"), ("nothing", "no key")])
def test_one_key_has_to_be_meant(key_id: str, told: str) -> None:
    desk = Desk()
    desk.create_tenant("Acme", [])
    for name in ("one", "two"):
        desk.create_key("acme", Role.VIEWER, name=name)

    with pytest.raises(InvalidRequest, match=told):
        desk.revoke_key("acme", key_id)

    assert not any("revoked" in line for line in desk.key_lines("acme"))


def test_a_key_needs_a_tenant() -> None:
    desk = Desk()

    with pytest.raises(InvalidRequest, match="tenants list"):
        desk.create_key("nobody", Role.VIEWER, name="ci")
