"""`vigil readiness` as an operator meets it, in a process of its own."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOON
from tests.contract.set_clock import SetClock
from tests.functions.terminal import Terminal
from tests.learned_series import judged_state, keep, learned
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.detection.learning import Learning
from vigil.local.data_folder import DataFolder
from vigil.model.tenant import Tenant, Thresholds
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.api.readiness_answers import ReadinessAnswer

HALF_AN_HOUR = 31
HOSTILE = "[red]GET /\x1b[31m\nforged[/red]"


def keep_all(documents: SqliteDocuments) -> None:
    registry = StoredRegistry(documents, SetClock())
    limits = Thresholds(rules_only=True)
    registry.create_tenant(Tenant("acme", "Acme", NOON))
    registry.create_tenant(Tenant("globex", "Globex", NOON, thresholds=limits))
    known, new = learned(range(HALF_AN_HOUR)), learned(range(2))
    shop = judged_state({"POST /pay": known, HOSTILE: known}, HALF_AN_HOUR)
    bank = replace(judged_state({"": new}, 2), service="bank")
    lost = replace(judged_state({}, 2), service="lost", learning=Learning.from_bytes(b"no"))
    for state in (shop, bank, lost):
        keep(documents, TenantStore(documents, "acme").root, state)
    keep(documents, TenantStore(documents, "globex").root, replace(bank, service="vault"))


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder: Path = tmp_path_factory.mktemp("readiness")
    data = DataFolder(folder / "data")
    data.create()
    with closing(SqliteDocuments(data.database, DECLARED)) as documents:
        keep_all(documents)
    yield Terminal(folder)


def answered(terminal: Terminal, *arguments: str) -> Any:
    return json.loads(terminal.line("readiness", *arguments, "--json"))


def test_each_series_is_shown_with_what_is_ready_and_what_it_waits_for(terminal: Terminal) -> None:
    printed = terminal.line("readiness", "--service", "shop")
    for said in ("acme", "POST /pay", "2026-01-20 00:00", "errors", "refusals", "silence:"):
        assert said in printed
    assert "acme: 2 series, 2 of them still learning" in printed
    assert "bank" not in printed


def test_a_log_outside_of_requests_is_called_one(terminal: Terminal) -> None:
    printed = terminal.line("readiness", "--service", "bank")
    assert "(its log)" in printed
    assert "errors: 2 of 30 windows" in printed


def test_where_only_limits_judge_that_is_said(terminal: Terminal) -> None:
    printed = terminal.line("readiness", "--tenant", "globex")
    assert "fixed limits" in printed
    assert "globex: 1 series, judged by fixed limits" in printed
    assert "acme" not in printed


def test_programs_read_what_the_api_answers(terminal: Terminal) -> None:
    tenants = answered(terminal)
    assert [each.pop("tenant_id") for each in tenants] == ["acme", "globex"]
    for each in tenants:
        ReadinessAnswer.model_validate_json(json.dumps({"status": "success", **each}))
    assert [series["service"] for series in tenants[0]["series"]] == ["bank", "shop", "shop"]


def test_nothing_that_was_logged_reaches_the_terminal_as_it_was_written(
    terminal: Terminal,
) -> None:
    printed = terminal.line("readiness")
    assert "\x1b" not in printed
    assert not [line for line in printed.splitlines() if line.startswith("forged")]
    assert "[red]GET /" in printed
    assert "forged[/red]" in printed


def test_a_service_that_cannot_be_read_is_named_beside_the_others(terminal: Terminal) -> None:
    done = terminal.vigil("readiness", "--tenant", "acme")
    assert done.returncode == 0
    assert b"What is stored of lost is damaged" in done.stderr
    assert b"POST /pay" in done.stdout
    assert answered(terminal, "--service", "lost")[0]["unreadable"] == ["lost"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["--tenant", "nobody"], "there is no tenant nobody", id="no tenant"),
        pytest.param(["--tenant", "../x"], "there is no tenant ../x", id="no id"),
    ],
)
def test_what_is_not_there_is_said(
    terminal: Terminal, arguments: list[str], complaint: str
) -> None:
    done = terminal.vigil("readiness", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint in done.stderr.decode()


def test_where_nothing_was_read_there_are_no_series(tmp_path: Path) -> None:
    new = Terminal(tmp_path)
    new.line("tenants", "create", "acme")
    assert new.line("readiness") == "acme: 0 series, 0 of them still learning"
    assert answered(new)[0]["series"] == []


def test_without_a_data_folder_it_says_so(tmp_path: Path) -> None:
    done = Terminal(tmp_path).vigil("readiness")
    assert done.returncode == 2
    assert b"nothing is stored in" in done.stderr
