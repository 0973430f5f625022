"""What an operator calls, against a Vigil on the emulators: each function a process of its own."""

from pathlib import Path

import pytest

from tests.e2e.running_up import vigil_up
from tests.functions.terminal import Terminal
from vigil.local.emulators import missing_for_emulators
from vigil.local.shop import DEFAULT_PROJECT

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def emulators() -> None:
    missing = missing_for_emulators()
    if missing:
        pytest.skip(missing)


def test_g8_a_canary_goes_all_the_way_from_the_topic_to_a_notification(tmp_path: Path) -> None:
    with vigil_up(tmp_path / "up", "--emulators") as vigil:
        variables = vigil.line("^VIGIL_PROJECT=.+")[0]
        api = vigil.line(r"^API +(\S+)")[1]
        terminal = Terminal(tmp_path, dict(each.split("=", 1) for each in variables.split()))
        listed = terminal.line("tenants", "list")
        key = terminal.line("keys", "create", "--tenant", "local", "--role", "responder")
        terminal.settings["VIGIL_CANARY_KEY"] = key

        arrived = terminal.vigil(
            "canary", "--url", api, "--project", DEFAULT_PROJECT, "--timeout", "60"
        )

        assert listed.startswith(f"local\tThis machine\t{DEFAULT_PROJECT}\t")
        assert arrived.returncode == 0, arrived.stdout.decode()
        assert b"entries are written to the topic vigil-logs" in arrived.stdout
        vigil.line("^CRITICAL: Error spike in canary ")
        vigil.line("alert resolved by responder at")
