"""The emulators: found, started on a free port, and gone at the end, whatever that end is."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.children import child, said
from vigil.local.cloud_sdk import emulator_program
from vigil.local.emulators import (
    EmulatorFailed,
    firestore_emulator,
    missing_for_emulators,
    pubsub_emulator,
)

_PATIENCE_SECONDS = 10.0


def answers(address: str) -> bool:
    connection = HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().strip() == b"Ok"
    finally:
        connection.close()


def eventually(holds: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


def is_free(address: str) -> bool:
    """Whether nobody listens there any more: a killed child still holds its port for a moment."""
    host, port = address.split(":")
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) != 0:
                return True
        time.sleep(0.01)
    return False


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SDK of ours, first on a PATH that has no other."""
    program(tmp_path / "sdk/bin/gcloud", "exit 1")
    program(tmp_path / "sdk/bin/java", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "sdk/bin"))
    return tmp_path / "sdk"


def install(platform: Path, text: str) -> None:
    program(platform / "cloud-firestore-emulator/cloud_firestore_emulator", text)
    program(platform / "pubsub-emulator/bin/cloud-pubsub-emulator", text)


@pytest.mark.parametrize("which", ["firestore_address", "pubsub_address"])
def test_an_emulator_answers(which: str, request: pytest.FixtureRequest) -> None:
    assert answers(request.getfixturevalue(which))


def test_an_emulator_is_gone_at_the_end_and_what_it_said_is_kept(
    firestore_address: str, tmp_path: Path
) -> None:
    with pubsub_emulator(tmp_path / "log") as address:
        assert answers(address)

    assert is_free(address)
    assert "Server started" in (tmp_path / "log").read_text()


def test_an_emulator_ends_with_the_process_that_started_it(firestore_address: str) -> None:
    starts = """
import time
from vigil.local.emulators import pubsub_emulator
with pubsub_emulator() as address:
    print(address, flush=True)
    time.sleep(60)
"""
    with child(starts) as parent:
        address = said(parent)
        assert answers(address)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()

        assert eventually(lambda: is_free(address))


def test_the_sdk_is_found_beside_gcloud(sdk: Path) -> None:
    install(sdk / "platform", "exit 0")
    assert emulator_program("pubsub-emulator") == (
        sdk / "platform/pubsub-emulator/bin/cloud-pubsub-emulator"
    )
    assert missing_for_emulators() is None


def test_a_wrapped_gcloud_is_asked_where_its_sdk_is(sdk: Path, tmp_path: Path) -> None:
    program(sdk / "bin/gcloud", f'echo "{tmp_path}/elsewhere"')
    assert emulator_program("cloud-firestore-emulator") is None

    install(tmp_path / "elsewhere/platform", "exit 0")

    assert emulator_program("cloud-firestore-emulator") is not None


def test_what_is_missing_is_named_with_what_brings_it(sdk: Path) -> None:
    assert "gcloud components install cloud-firestore-emulator" in str(missing_for_emulators())
    with pytest.raises(EmulatorFailed, match="components install"), firestore_emulator():
        pytest.fail("it cannot run")

    (sdk / "bin/java").unlink()

    assert "Java" in str(missing_for_emulators())


def test_an_emulator_that_ends_at_once_is_told_with_its_last_words(sdk: Path) -> None:
    install(sdk / "platform", "echo it is no good >&2; exit 3")

    with pytest.raises(EmulatorFailed, match=r"code 3: .*no good"), firestore_emulator():
        pytest.fail("it cannot run")


def test_an_emulator_takes_another_port_when_somebody_was_first(sdk: Path) -> None:
    serves = f"""
{sys.executable} - "$@" <<'end'
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

class Door(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"Ok")

tries = Path({str(sdk)!r}, "tries")
if not tries.exists():
    tries.touch()
    sys.exit("the port is taken")
port = int(sys.argv[-1].removeprefix("--port="))
HTTPServer(("127.0.0.1", port), Door).serve_forever()
end
"""
    install(sdk / "platform", serves)

    with firestore_emulator() as address:
        assert answers(address)

    assert is_free(address)
