"""`vigil up --emulators`: the functions as they are deployed, one page, and nothing left behind."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.running_up import run, vigil_up
from vigil.doors.topology import FUNCTIONS
from vigil.local.emulators import missing_for_emulators

_PATIENCE_SECONDS = 20.0
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def emulators() -> None:
    missing = missing_for_emulators()
    if missing:
        pytest.skip(missing)


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of all processes whose environment names `folder`."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            # It has ended, or is somebody else's.
            continue
    return found


def assert_all_end(folder: Path) -> None:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while left := processes_of(folder):
        assert time.monotonic() < give_up_at, left
        time.sleep(0.05)


def test_it_pages_once_blames_the_payments_and_ends_with_all_of_its_processes(
    tmp_path: Path,
) -> None:
    with vigil_up(tmp_path, "--emulators") as vigil:
        api = vigil.line(r"^API +(\S+)")[1]
        vigil.line("^CRITICAL: Error spike in POST /payment")
        vigil.line("^  Root cause: +POST /payment .* is called by POST /checkout")
        vigil.line(f"^  Alert: +{re.escape(api)}/alerts/v1-")
        command = vigil.line("^acknowledge it: (.+)$")[1]
        vigil.line("told: opened to terminal: sent at")
        for name in FUNCTIONS:
            assert any(f"--target {name} " in each for each in processes_of(tmp_path))
        answer = run(command)
        assert (answer.status_code, answer.json()["alert"]["acknowledged_by"]) == (200, "vigil up")
        vigil.line("alert acknowledged by vigil up at")
        assert vigil.end(signal.SIGINT) == 0

    text = "".join(vigil.said)
    assert text.count("CRITICAL: ") == 1
    assert "NOT ALL ACCOUNTED FOR" not in text
    assert "Traceback" not in text
    assert processes_of(tmp_path) == []


def test_its_processes_end_also_when_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody is left to tidy up.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with vigil_up(tmp_path, "--emulators") as vigil:
        vigil.line("^API key")
        assert len(processes_of(tmp_path)) > len(FUNCTIONS) + 2
        vigil.process.send_signal(signal.SIGKILL)
        vigil.process.wait(_PATIENCE_SECONDS)

        assert_all_end(tmp_path)
