"""`vigil incidents` as an operator meets it, in a process of its own."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOON, anomaly, incident, told_incident
from tests.contract.set_clock import SetClock
from tests.functions.terminal import Terminal
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.incidents.service_graph import ServiceGraph
from vigil.local.data_folder import DataFolder
from vigil.model.call import Call
from vigil.model.incident import IncidentStatus
from vigil.model.series import Series
from vigil.model.tenant import Project, Tenant
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.service_graphs import ServiceGraphs
from vigil.stores.tenant_store import TenantStore

WEB = Series("web", "POST /checkout")
STORY = told_incident(incident_id="INC-1-failing", status=IncidentStatus.OPEN)
ENDED = incident(
    incident_id="INC-2-ended",
    title="Latency spike in GET /cart",
    status=IncidentStatus.RESOLVED,
    resolved_at=NOON + timedelta(minutes=30),
    resolved_by="kim",
)
HOSTILE = incident(
    incident_id="INC-3-hostile",
    tenant_id="globex",
    title="[red]a\x1b[31m\nINC-9 forged[/red]",
)


def keep(documents: SqliteDocuments) -> None:
    registry = StoredRegistry(documents, SetClock())
    for tenant_id in ("acme", "globex"):
        registry.create_tenant(Tenant(tenant_id, tenant_id.title(), NOON))
    registry.give_project(Project("acme-prod", "acme", NOON))
    for each in (STORY, ENDED, HOSTILE):
        store = TenantStore(documents, each.tenant_id)
        documents.commit([store.incidents.put(each.incident_id, each)])
    graph = ServiceGraph()
    graph.learn([Call(WEB, STORY.affected[0], 98, 1, 1)], NOON)
    graph.learn_requests({WEB: 100}, NOON)
    acme = TenantStore(documents, "acme")
    documents.commit(
        [
            acme.anomalies.put("v1-anomaly", anomaly()),
            ServiceGraphs(documents, acme.root).put(graph, learned_at=NOON),
        ]
    )


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder: Path = tmp_path_factory.mktemp("incidents")
    data = DataFolder(folder / "data")
    data.create()
    with closing(SqliteDocuments(data.database, DECLARED)) as documents:
        keep(documents)
    yield Terminal(folder)


def shown(terminal: Terminal, *arguments: str) -> str:
    """Return what is printed, in one line, since a terminal folds where it ends."""
    return " ".join(terminal.line("incidents", *arguments).split())


def answered(terminal: Terminal, *arguments: str) -> Any:
    return json.loads(terminal.line("incidents", *arguments, "--json"))


def test_the_list_says_what_stands_since_when_and_because_of_what(terminal: Terminal) -> None:
    listed = shown(terminal, "list")
    for said in ("INC-1-failing", "acme", "high", "open", "2026-01-20 12:00:03", "POST /payment"):
        assert said in listed
    assert "INC-3-hostile" in listed
    assert "INC-2-ended" not in listed


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        pytest.param(["--tenant", "acme"], {"INC-1-failing"}, id="of one tenant"),
        pytest.param(["--status", "resolved"], {"INC-2-ended"}, id="of one status"),
        pytest.param(
            ["--status", "all"], {"INC-1-failing", "INC-2-ended", "INC-3-hostile"}, id="all"
        ),
        pytest.param(["--tenant", "globex", "--status", "merged"], set(), id="none"),
    ],
)
def test_the_list_can_be_narrowed(terminal: Terminal, arguments: list[str], ids: set[str]) -> None:
    assert {each["id"] for each in answered(terminal, "list", *arguments)} == ids


def test_an_incident_shows_all_that_an_operator_has_to_find(terminal: Terminal) -> None:
    page = shown(terminal, "show", "INC-1-failing")
    for said in (
        "HIGH Error spike in POST /payment",
        "open since 2026-01-20 12:00:03 UTC",
        "38 of 40 requests failed, usually 0 of 42",
        "87% POST /charge of bank",
        "errors: 36 failing traces end in it",
        "✗ POST /payment of shop └── · called by POST /checkout of web",
        "POST /checkout of web in 98% of its requests",
        "11:56:00 Changed: revision bank-00042 of bank, 4 min 3 s before it began",
        "12:01:00 Detected, 57 s after it began",
        "Reopened by kim: still failing",
        "all 38 failures are of revision bank-00042, usually none",
        "38 of 40 requests failed",
        "about 17 users were hit, 31% of those seen",
        "2.0% of a month's error budget is gone",
        "bank → shop",
        "calls POST /charge in 98% of its requests",
        "https://console.cloud.google.com/traces/explorer;traceId=",
    ):
        assert said in page


def test_whether_the_cause_may_be_relied_on_is_said_in_the_list_and_on_the_page(
    terminal: Terminal,
) -> None:
    listed = shown(terminal, "list", "--status", "all")
    assert "because of POST /payment of shop? POST /charge of bank is likelier (87%)" in listed
    assert "because of POST /payment of shop? Not enough evidence to name one" in listed
    page = shown(terminal, "show", "INC-2-ended")
    assert "Not enough evidence to name one. What strayed leads to:" in page
    [ended] = answered(terminal, "list", "--status", "resolved")
    assert ended["root_cause"]["verdict"] == "not_enough_evidence"


def test_what_is_not_known_has_no_section(terminal: Terminal) -> None:
    page = shown(terminal, "show", "INC-2-ended", "--tenant", "acme")
    assert "resolved by kim" in page
    for heading in ("Suspects", "Impact", "Changed shortly before", "have in common"):
        assert heading not in page


def test_programs_read_what_the_api_answers(terminal: Terminal) -> None:
    story = answered(terminal, "show", "INC-1-failing")
    assert list(story) == ["tenant_id", "incident", "anomalies", "timeline", "calls", "links"]
    assert story["calls"]["callers"][0]["service"] == "web"


def test_nothing_that_was_logged_reaches_the_terminal_as_it_was_written(
    terminal: Terminal,
) -> None:
    for arguments in (["list"], ["show", "INC-3-hostile"]):
        printed = terminal.line("incidents", *arguments)
        assert "\x1b" not in printed
        assert not [line for line in printed.splitlines() if line.startswith("INC-9")]
        assert "[red]a INC-9 forged[/red]" in " ".join(printed.split())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["show", "INC-0-never"], "there is no incident INC-0-never", id="unknown"),
        pytest.param(
            ["show", "INC-1-failing", "--tenant", "globex"], "there is no incident", id="foreign"
        ),
        pytest.param(["show", "../x"], "vigil: ", id="no id"),
        pytest.param(["list", "--tenant", "nobody"], "there is no tenant nobody", id="no tenant"),
    ],
)
def test_what_is_not_there_is_said(
    terminal: Terminal, arguments: list[str], complaint: str
) -> None:
    done = terminal.vigil("incidents", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint in done.stderr.decode()


def test_where_nothing_is_wrong_that_is_said(tmp_path: Path) -> None:
    calm = Terminal(tmp_path)
    calm.line("tenants", "create", "acme")
    done = calm.vigil("incidents", "list")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"There are no such incidents." in done.stderr
    assert json.loads(calm.line("incidents", "list", "--json")) == []
