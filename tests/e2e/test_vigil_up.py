"""`vigil up` as its user sees it: one command, a page within a minute, and nothing is lost."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.local.local_tenant import TENANT_ID
from vigil.local.snapshot import outcomes_in
from vigil.stores.queries import ALERTS, DECLARED
from vigil.stores.tenant_store import TenantStore

# Who waits longer than this for a line, or for the end, has waited in vain.
PATIENCE_SECONDS = 90.0


class Running:
    """A `vigil up --plain` and what it has said so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said: list[str] = []

    def line(self, pattern: str) -> "re.Match[str]":
        """Read on to the next line in which `pattern` is found."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if match := re.search(pattern, line):
                return match
        pytest.fail(f"{pattern!r} was never said, but:\n{''.join(self.said)}")

    def end(self, asked: signal.Signals) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(asked)
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.said.append(rest)
        return self.process.returncode


@contextmanager
def vigil_up(folder: Path) -> Iterator[Running]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    environment = own | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "VIGIL_DATA_DIR": str(folder),
        "VIGIL_API_PORT": "0",
        "VIGIL_SHOP_PORT": "0",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "vigil", "up", "--plain"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
        watchdog.start()
        try:
            yield Running(process)
        finally:
            watchdog.cancel()
            process.kill()


def run(command: str) -> httpx.Response:
    """Do what a curl command line says."""
    curl, *options, address = shlex.split(command)
    assert (curl, options[:3]) == ("curl", ["-X", "POST", "-H"])
    name, _, value = options[3].partition(": ")
    return httpx.post(address, headers={name: value}, trust_env=False)


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
