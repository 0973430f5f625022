"""Who is asking, and for whom they may."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from tests.api_installation import Installation
from tests.builders import NOON
from vigil.errors import InvalidRequest
from vigil.model.api_key import Role
from vigil.model.tenant import Tenant
from vigil.ports import Document
from vigil.stores.registry import StoredRegistry
from vigil.workflows.access import Access, Identity, NotAllowed, NotIdentified, make_key

SECRET = "s" * 43


@pytest.fixture
def here() -> Iterator[Installation]:
    with Installation() as installation:
        yield installation


@pytest.fixture
def access(here: Installation) -> Access:
    return Access(documents=here.database, registry=here.registry)


def test_a_new_key_is_kept_as_its_hash_only() -> None:
    text, key = make_key("acme", name="ci", role=Role.VIEWER, now=NOON, secret=SECRET)
    assert text == f"vk1.acme.{SECRET}"
    assert SECRET not in repr(key)
    assert (key.tenant_id, key.name, key.role, key.created_at) == ("acme", "ci", Role.VIEWER, NOON)
    assert key.revoked_at is None


@pytest.mark.parametrize(
    ("tenant_id", "name", "secret"),
    [
        pytest.param("../acme", "ci", SECRET, id="tenant that is a path"),
        pytest.param("__acme__", "ci", SECRET, id="reserved tenant"),
        pytest.param("acme", "", SECRET, id="no name"),
        pytest.param("acme", "c" * 101, SECRET, id="long name"),
        pytest.param("acme", "c\ni", SECRET, id="name of two lines"),
        pytest.param("acme", "ci", "s" * 42, id="short secret"),
        pytest.param("acme", "ci", "." * 43, id="secret of other characters"),
    ],
)
def test_d04_a_key_that_could_not_be_used_is_not_made(
    tenant_id: str, name: str, secret: str
) -> None:
    with pytest.raises(InvalidRequest):
        make_key(tenant_id, name=name, role=Role.VIEWER, now=NOON, secret=secret)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(("Authorization", "Bearer {}"), id="bearer"),
        pytest.param(("authorization", "bearer  {} "), id="bearer in other spelling"),
        pytest.param(("X-API-Key", "{}"), id="own header"),
    ],
)
def test_a_key_identifies_its_tenant_role_and_name(
    here: Installation, access: Access, header: tuple[str, str]
) -> None:
    name, value = header
    key = here.key(Role.RESPONDER, name="pager")
    assert access.identify({name: value.format(key)}) == Identity("acme", Role.RESPONDER, "pager")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no key"),
        pytest.param({"X-API-Key": ""}, id="empty"),
        pytest.param({"X-API-Key": "vk1.acme.short"}, id="malformed"),
        pytest.param({"X-API-Key": "\ud800é" * 20}, id="no text at all"),
        pytest.param({"X-API-Key": f"vk1.a/b.{SECRET}"}, id="tenant that is a path"),
        pytest.param({"X-API-Key": f"vk1.__acme__.{SECRET}"}, id="reserved tenant"),
        pytest.param({"X-API-Key": f"vk1.nobody-here.{SECRET}"}, id="missing tenant"),
        pytest.param({"X-API-Key": f"vk1.acme.{SECRET}"}, id="unknown key"),
        pytest.param({"X-API-Key": "{revoked}"}, id="revoked"),
        pytest.param({"X-API-Key": "{key} "}, id="key and more"),
        pytest.param({"X-API-Key": "{globex as acme}"}, id="tenant of another key"),
        pytest.param({"Authorization": "{key}"}, id="no scheme"),
        pytest.param({"Authorization": "Basic {key}"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer {key}", "X-API-Key": "{other}"}, id="two keys"),
    ],
)
def test_d37_every_bad_key_gets_the_same_answer_for_the_same_reads(
    here: Installation, headers: dict[str, str]
) -> None:
    globex = here.key(tenant_id="globex")
    texts = {
        "{revoked}": here.key(name="old", revoked=True),
        "{globex as acme}": globex.replace("globex", "acme"),
        "{key}": here.key(),
        "{other}": here.key(name="other"),
    }
    for placeholder, text in texts.items():
        headers = {name: value.replace(placeholder, text) for name, value in headers.items()}
    reads = CountedReads(here)
    with pytest.raises(NotIdentified) as raised:
        Access(documents=reads, registry=here.registry).identify(headers)
    assert str(raised.value) == str(NotIdentified())
    assert reads.count == 1


class CountedReads:
    """The installation's documents, counting what is read."""

    def __init__(self, here: Installation) -> None:
        self._documents = here.database
        self.commit = here.database.commit
        self.query = here.database.query
        self.count = 0

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        self.count += 1
        return self._documents.get(paths)


@dataclass
class AskedRegistry:
    """The installation's registry, and whom it was asked for."""

    registry: StoredRegistry
    asked: list[str] = field(default_factory=list)

    def tenant(self, tenant_id: str) -> Tenant | None:
        self.asked.append(tenant_id)
        return self.registry.tenant(tenant_id)

    def tenant_of(self, project_id: str) -> Tenant | None:
        return self.registry.tenant_of(project_id)


def test_d37_guesses_at_tenants_do_not_fill_the_registrys_memory(here: Installation) -> None:
    registry = AskedRegistry(here.registry)
    access = Access(documents=here.database, registry=registry)
    for guess in ("acme", "globex", "guess"):
        with pytest.raises(NotIdentified):
            access.identify({"X-API-Key": f"vk1.{guess}.{SECRET}"})
    access.identify({"X-API-Key": here.key()})
    assert registry.asked == ["acme"]


def test_a_key_that_outlived_its_tenant_is_not_valid(here: Installation, access: Access) -> None:
    key = here.key(tenant_id="gone")
    with pytest.raises(NotIdentified):
        access.identify({"X-API-Key": key})


def test_a_revoked_key_is_refused_from_the_next_request_on(
    here: Installation, access: Access
) -> None:
    text = here.key()
    access.identify({"X-API-Key": text})
    keys = here.store().api_keys
    _, key = make_key("acme", name="ci", role=Role.ADMIN, now=NOON, secret=text.split(".")[2])
    here.database.commit([keys.put(key.key_hash, replace(key, revoked_at=NOON))])
    with pytest.raises(NotIdentified):
        access.identify({"X-API-Key": text})


@pytest.mark.parametrize("tenant_id", ["globex", "ACME", "", "acme ", "nobody"])
def test_d03_a_tenant_header_that_is_not_the_keys_tenant_is_refused(
    here: Installation, access: Access, tenant_id: str
) -> None:
    with pytest.raises(NotAllowed):
        access.identify({"X-API-Key": here.key(), "X-Tenant-ID": tenant_id})


@pytest.mark.parametrize(
    "spoof",
    [
        {"X-Tenant-ID": "acme"},
        {"X-Forwarded-User": "globex", "X-Forwarded-For": "10.0.0.1"},
        {"X-Goog-Authenticated-User-Email": "accounts.google.com:root@globex.example"},
        {"X-Tenant": "globex", "Tenant-ID": "globex", "X-Original-Tenant-ID": "globex"},
        {"Cookie": "tenant=globex", "Forwarded": "for=globex"},
    ],
)
def test_d03_no_other_header_says_whose_tenant_it_is(
    here: Installation, access: Access, spoof: dict[str, str]
) -> None:
    identity = access.identify({"X-API-Key": here.key(Role.VIEWER), **spoof})
    assert identity == Identity("acme", Role.VIEWER, "ci")


@pytest.mark.parametrize(
    ("sent", "actor"),
    [
        pytest.param("alice", "acme-key-name:alice", id="name"),
        pytest.param("a" * 100, "acme-key-name:" + "a" * 100, id="longest"),
        pytest.param("alice@example.com", "acme-key-name:alice@example.com", id="address"),
        pytest.param("José".encode().decode("latin-1"), "acme-key-name:José", id="sent in UTF-8"),
        pytest.param("Jos\xe9", "acme-key-name:José", id="sent in Latin-1"),
    ],
)
def test_the_person_behind_a_key_is_named_after_it(
    here: Installation, access: Access, sent: str, actor: str
) -> None:
    key = here.key(name="acme-key-name")
    assert access.identify({"X-API-Key": key, "X-User-ID": sent}).actor == actor


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("", id="nothing"),
        pytest.param("a" * 101, id="too long"),
        pytest.param("alice\x1b[31m", id="colours"),
        pytest.param("alice\tbob", id="tab"),
        pytest.param("alice\u202e".encode().decode("latin-1"), id="turns the line around"),
    ],
)
def test_an_unprintable_person_is_refused(here: Installation, access: Access, sent: str) -> None:
    with pytest.raises(InvalidRequest, match="X-User-ID has 1 to 100 printable"):
        access.identify({"X-API-Key": here.key(), "X-User-ID": sent})


@pytest.mark.parametrize(
    ("name", "status"),
    [("X-API-Key", 401), ("X-Tenant-ID", 403), ("X-User-ID", 400)],
)
def test_d03_a_header_that_is_sent_twice_cannot_say_two_things(
    here: Installation, name: str, status: int
) -> None:
    first = {"X-API-Key": here.key(), "X-Tenant-ID": "acme", "X-User-ID": "alice"}
    second = {"X-API-Key": here.key(name="b"), "X-Tenant-ID": "globex", "X-User-ID": "bob"}
    headers = [*first.items(), (name, second[name])]
    assert here.ask("GET", "/alerts", headers=headers).status_code == status
