"""`vigil up` as its user sees it: one command, a page within a minute, and nothing is lost."""

import re
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.running_up import PATIENCE_SECONDS, run, vigil_up
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.local.local_tenant import TENANT_ID
from vigil.local.snapshot import outcomes_in
from vigil.stores.queries import ALERTS, DECLARED
from vigil.stores.tenant_store import TenantStore


def read(api: str, path: str, key: str) -> httpx.Response:
    return httpx.get(f"{api}{path}", headers={"Authorization": f"Bearer {key}"}, trust_env=False)


def assert_nobody_listens(address: str) -> None:
    where = urlsplit(address)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((where.hostname, where.port))


@pytest.mark.slow
def test_it_pages_is_acknowledged_ends_cleanly_and_remembers(tmp_path: Path) -> None:
    with vigil_up(tmp_path) as first:
        api = first.line(r"^API +(\S+)")[1]
        old_key = first.line(r"^API key +(\S+)")[1]
        first.line("^CRITICAL: Error spike in POST /payment")
        first.line("^  Root cause: +POST /payment .* is called by POST /checkout")
        first.line(f"^  Alert: +{re.escape(api)}/alerts/v1-")
        command = first.line("^acknowledge it: (.+)$")[1]
        first.line("told: opened to terminal: sent at")
        answer = run(command)
        assert (answer.status_code, answer.json()["alert"]["acknowledged_by"]) == (200, "vigil up")
        first.line("alert acknowledged by vigil up at .*: Error spike in POST /payment")
        assert first.end(signal.SIGINT) == 0
        assert first.said[-1].splitlines()[-1].startswith("Vigil has ended.")
        assert "Traceback" not in "".join(first.said)
        assert_nobody_listens(api)

    path = f"/alerts/{answer.json()['alert']['alert_id']}"
    with vigil_up(tmp_path) as second:
        api = second.line(r"^API +(\S+)")[1]
        key = second.line(r"^API key +(\S+)")[1]
        second.line("alert acknowledged by vigil up at")
        again = read(api, path, key).json()["alert"]
        assert (again["acknowledged_by"], again["anomaly"]["anomaly_type"]) == (
            "vigil up",
            "error_spike",
        )
        assert read(api, path, old_key).status_code == 401
        assert second.end(signal.SIGTERM) == 0

    documents = SqliteDocuments(tmp_path / "vigil.db", DECLARED)
    store = TenantStore(documents, TENANT_ID)
    assert outcomes_in(documents, store).balanced
    assert len(store.alerts.query(ALERTS)) == 1
    documents.close()


@pytest.mark.slow
def test_a_second_one_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with vigil_up(tmp_path) as first:
        first.line("^API key")
        with vigil_up(tmp_path) as second:
            second.line(f"Vigil is running in {re.escape(str(tmp_path))}")
            assert second.process.wait(PATIENCE_SECONDS) != 0
        assert first.end(signal.SIGINT) == 0
