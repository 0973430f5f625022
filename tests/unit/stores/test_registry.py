"""Whose a project is; what was read is believed for a minute, and memory has an end."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from tests.builders import NOON
from tests.contract.set_clock import SetClock
from tests.vigil_in_memory import WatchedDocuments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest, TransientError
from vigil.model.tenant import Project, Tenant
from vigil.ports import Document
from vigil.stores import registry as module
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry

ACME, GLOBEX = Tenant("acme", "Acme", NOON), Tenant("globex", "Globex", NOON)


class CountingDocuments(WatchedDocuments):
    """Documents that count how often they are read."""

    reads = 0
    are_down = False

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        self.reads += 1
        if self.are_down:
            raise TransientError("not now")
        return super().get(paths)


@pytest.fixture
def documents() -> Iterator[CountingDocuments]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as opened:
        yield CountingDocuments(opened)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def registry(documents: CountingDocuments, clock: SetClock) -> StoredRegistry:
    made = StoredRegistry(documents, clock)
    made.create_tenant(ACME)
    made.create_tenant(GLOBEX)
    made.give_project(Project("shop", "acme", NOON))
    return made


@pytest.mark.parametrize(
    "project_id", ["", "unknown", "acme", "SHOP", "shop ", "../shop", "__x__", "x" * 500, "a/b"]
)
def test_a14_an_unknown_project_is_nobodys(registry: StoredRegistry, project_id: str) -> None:
    assert registry.tenant_of("shop") == ACME
    assert registry.tenant_of(project_id) is None


def test_a14_a_project_belongs_to_one_tenant_only(registry: StoredRegistry) -> None:
    with pytest.raises(InvalidRequest):
        registry.give_project(Project("shop", "globex", NOON))
    with pytest.raises(InvalidRequest):
        registry.give_project(Project("mill", "nobody", NOON))

    assert registry.tenant_of("shop") == ACME
    assert [project.project_id for project in registry.projects("acme")] == ["shop"]
    assert registry.projects("globex") == []


def test_what_was_read_is_believed_for_a_minute(
    registry: StoredRegistry, documents: CountingDocuments, clock: SetClock
) -> None:
    for project_id in ("shop", "unknown"):
        registry.tenant_of(project_id)
    before = documents.reads
    clock.advance(59)
    for _ in range(3):
        registry.tenant_of("shop")
        registry.tenant_of("unknown")
        registry.tenant("acme")
    assert documents.reads == before

    clock.advance(1)
    registry.tenant_of("shop")
    assert documents.reads > before


@pytest.mark.parametrize("asked_before", [0, 30, 59])
def test_what_another_instance_changed_is_seen_a_minute_later(
    documents: CountingDocuments, clock: SetClock, registry: StoredRegistry, asked_before: int
) -> None:
    registry.tenant("acme")
    clock.advance(asked_before)
    registry.tenant_of("shop")
    StoredRegistry(documents, clock).change_tenant(replace(ACME, name="Acme Ltd"))
    clock.advance(60)
    seen = registry.tenant_of("shop")

    assert seen is not None
    assert seen.name == "Acme Ltd"


def test_what_this_instance_changed_is_seen_at_once(registry: StoredRegistry) -> None:
    registry.tenant_of("shop")
    registry.tenant_of("mill")
    registry.change_tenant(replace(ACME, name="Acme Ltd"))
    registry.give_project(Project("mill", "globex", NOON))

    assert registry.tenant_of("shop") == replace(ACME, name="Acme Ltd")
    assert registry.tenant_of("mill") == GLOBEX
    assert registry.tenants() == [replace(ACME, name="Acme Ltd"), GLOBEX]


def test_projects_of_nobody_do_not_fill_the_memory(
    registry: StoredRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 50)
    for number in range(500):
        assert registry.tenant_of(f"stranger-{number}") is None
        with pytest.raises(InvalidRequest):
            registry.tenant(f"../{number}")
        assert registry.tenant(f"nobody-{number}") is None

    assert max(len(registry._owners._known), len(registry._by_id._known)) <= 50
    assert registry.tenant_of("shop") == ACME


def test_there_is_one_tenant_of_a_name(registry: StoredRegistry) -> None:
    with pytest.raises(InvalidRequest):
        registry.create_tenant(replace(ACME, name="another"))
    with pytest.raises(InvalidRequest):
        registry.change_tenant(replace(ACME, tenant_id="nobody"))
    with pytest.raises(InvalidRequest):
        registry.create_tenant(replace(ACME, tenant_id="../acme"))

    assert registry.tenant("acme") == ACME


def test_b22_while_it_cannot_be_read_what_was_read_last_is_believed(
    registry: StoredRegistry, documents: CountingDocuments, clock: SetClock
) -> None:
    assert registry.tenant_of("shop") == ACME
    documents.are_down = True
    clock.advance(61)

    assert registry.tenant_of("shop") == ACME
    with pytest.raises(TransientError):
        registry.tenant_of("never-asked-for")
