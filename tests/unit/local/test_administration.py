"""Tenants and keys can be made, seen and revoked, and a mistake leaves everything as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.set_clock import SetClock
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest
from vigil.local.administration import Administration
from vigil.local.channels import NamedChannels
from vigil.model.api_key import Role
from vigil.model.tenant import TenantMode
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
    assert desk.tenant_lines() == ["acme\tAcme\tacme-prod,acme-test\tterminal,slack\tlive"]


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


def test_a_tenant_is_in_shadow_until_it_is_live() -> None:
    desk = Desk()
    created = desk.create_tenant("Acme", [], mode=TenantMode.SHADOW)
    assert created.in_shadow

    desk.set_mode("acme", TenantMode.LIVE)
    assert desk.registry.tenant("acme") == replace(created, mode=TenantMode.LIVE)
    desk.set_mode("acme", TenantMode.SHADOW)
    desk.set_mode("acme", TenantMode.SHADOW)
    assert desk.registry.tenant("acme") == created
    assert desk.tenant_lines() == ["acme\tAcme\t-\tterminal\tshadow"]
    with pytest.raises(InvalidRequest, match="vigil tenants list"):
        desk.set_mode("globex", TenantMode.LIVE)


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


# --- projects and channels of a tenant that is there ----------------------------------------------


def on_google() -> Desk:
    settings = {"project": "acme-vigil", "slack_webhook_url": SLACK}
    return Desk(Settings.model_validate(settings))


def test_a_tenant_gets_one_more_project_and_getting_it_again_changes_nothing() -> None:
    desk = Desk()
    desk.create_tenant("Acme", ["acme-prod"])

    for _ in range(2):
        desk.add_project("acme", "acme-test")
        desk.clock.now += timedelta(hours=1)

    projects = desk.registry.projects("acme")
    assert [project.project_id for project in projects] == ["acme-prod", "acme-test"]


@pytest.mark.parametrize(
    ("tenant_id", "project_id", "told"),
    [
        pytest.param("nobody", "free", "tenants list", id="no such tenant"),
        pytest.param("globex", "acme-prod", "belongs to acme already", id="somebody else's"),
        pytest.param("globex", "../acme", "letters", id="d04 a path"),
    ],
)
def test_d02_a_project_that_cannot_be_given_is_nobody_elses_afterwards(
    tenant_id: str, project_id: str, told: str
) -> None:
    desk = Desk()
    desk.create_tenant("Acme", ["acme-prod"])
    desk.create_tenant("Globex", [])
    before = desk.tenant_lines()

    with pytest.raises(InvalidRequest, match=told):
        desk.add_project(tenant_id, project_id)

    assert desk.tenant_lines() == before


def test_on_google_a_tenant_has_the_channels_that_are_named_and_none_of_this_machine() -> None:
    named = NamedChannels(slack="secret:slack-webhook")

    tenant = on_google().create_tenant("Acme", [], named=named)

    assert [channel.address_ref for channel in tenant.channels] == ["secret:slack-webhook"]


def test_a_channel_that_is_added_again_takes_the_new_names_in_its_place() -> None:
    desk = on_google()
    hook = NamedChannels(webhook="secret:hook", webhook_key="secret:old-key")
    desk.create_tenant("Acme", [], named=hook)
    desk.add_channels("acme", NamedChannels(slack="secret:projects/p/secrets/s/versions/3"))

    desk.add_channels("acme", NamedChannels(webhook="secret:hook", webhook_key="secret:new-key"))

    tenant = desk.registry.tenant("acme")
    assert tenant is not None
    assert [(c.channel_id, c.signing_key_ref) for c in tenant.channels] == [
        ("webhook", "secret:new-key"),
        ("slack", None),
    ]


def test_a_channel_that_is_removed_tells_nobody_and_only_one_that_is_there_can_be() -> None:
    desk = on_google()
    desk.create_tenant("Acme", [], named=NamedChannels(slack="secret:s"))

    with pytest.raises(InvalidRequest, match="its channels: slack"):
        desk.remove_channel("acme", "pager")
    assert desk.remove_channel("acme", "slack").channels == ()
    with pytest.raises(InvalidRequest, match="its channels: none"):
        desk.remove_channel("acme", "slack")


@pytest.mark.parametrize(
    ("named", "told"),
    [
        pytest.param(NamedChannels(slack=SLACK), "--slack takes the name", id="an address"),
        pytest.param(NamedChannels(slack="secret:a b"), "--slack takes the name", id="no name"),
        pytest.param(
            NamedChannels(webhook="secret:a", webhook_key="whsec_canary"),
            "--webhook-key takes the name",
            id="a key",
        ),
        pytest.param(NamedChannels(webhook="secret:a"), "belong together", id="no key"),
        pytest.param(NamedChannels(webhook_key="secret:a"), "belong together", id="only a key"),
        pytest.param(NamedChannels(), "no channel is named", id="nothing"),
    ],
)
def test_g4_a_channel_names_its_secrets_and_whoever_gives_the_secret_itself_does_not_see_it_again(
    named: NamedChannels, told: str
) -> None:
    desk = on_google()
    desk.create_tenant("Acme", [])

    with pytest.raises(InvalidRequest, match=told) as raised:
        desk.add_channels("acme", named)

    assert "hooks.example" not in str(raised.value)
    assert "canary" not in str(raised.value)
    assert desk.tenant_lines() == ["acme\tAcme\t-\t-\tlive"]


def test_in_the_data_folder_no_secret_manager_is_there_to_be_named() -> None:
    desk = Desk()
    desk.create_tenant("Acme", [])

    desk.add_channels("acme", NamedChannels(slack="file:/run/secrets/slack"))
    with pytest.raises(InvalidRequest, match="where VIGIL_PROJECT is set"):
        desk.add_channels("acme", NamedChannels(slack="secret:slack-webhook"))
