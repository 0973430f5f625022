"""The doctor looks at the real machine, names what is wrong, and repeats no setting's value."""

import json
import os
import socket
from pathlib import Path

import pytest

from vigil.local.doctor import run_doctor
from vigil.local.doctor_checks import Finding, State, examine

SECRET = "https://hooks.example/services/only-for-this-test"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("VIGIL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "data"))


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(os.environ)}


def test_a_machine_that_runs_the_tests_has_all_that_is_required(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_doctor(os.environ, as_json=True) == 0

    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True
    states = {check["name"]: check["state"] for check in answer["checks"]}
    for required in ("Python", "data folder", "SQLite", "google-re2", "orjson", "API port"):
        assert states[required] == "ok"


def test_looking_makes_nothing(tmp_path: Path) -> None:
    examine(os.environ)

    assert list(tmp_path.iterdir()) == []


def test_g4_settings_are_named_and_their_values_are_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIGIL_SLACK_WEBHOOK_URL", SECRET)
    monkeypatch.setenv("VIGIL_WEBHOOK_SIGNING_KEY", SECRET)

    assert run_doctor(os.environ, as_json=False) == 1

    shown = capsys.readouterr().out
    assert "VIGIL_SLACK_WEBHOOK_URL: is set" in shown
    assert "VIGIL_WEBHOOK_SIGNING_KEY: " in shown
    assert "should begin with whsec_" in shown
    assert "only-for-this-test" not in shown


def test_a_misspelt_setting_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_API_PROT", "8080")

    assert findings()["VIGIL_API_PROT"].state is State.OPTIONAL


def test_channels_that_are_set_up_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings()["channels"].state is State.OPTIONAL

    monkeypatch.setenv("VIGIL_SLACK_WEBHOOK_URL", SECRET)

    assert findings()["channels"] == Finding("channels", State.FINE, "terminal, slack")


def test_a_taken_port_is_said_to_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        monkeypatch.setenv("VIGIL_API_PORT", str(taken))

        port = findings()["API port"]

    assert port.state is State.FINE
    assert port.says.startswith(f"{taken} is taken; a free one will be chosen")


def test_a_host_that_is_not_this_machine_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_HOST", "203.0.113.1")

    assert findings()["API port"].state is State.MISSING


def test_a_data_folder_that_cannot_be_made_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "file" / "data"))

    assert findings()["data folder"].state is State.MISSING
