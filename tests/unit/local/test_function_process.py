"""A function as a process of its own: it answers, is killed, comes back, and says why it cannot."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from vigil.errors import InvalidSettings
from vigil.local.emulated_functions import Emulators, environment_of
from vigil.local.free_port import choose_port
from vigil.local.function_process import FunctionFailed, FunctionProcess
from vigil.settings import Settings

# Nobody listens there; a function does not look before it is asked for something.
_EMULATORS = Emulators("127.0.0.1:1", "127.0.0.1:1", "vigil-test")
_URL = "https://vigil.example"


def environment(function: str, **given: object) -> dict[str, str]:
    settings = Settings(**given)  # type: ignore[arg-type]  # each test names real fields
    return environment_of(function, settings, _EMULATORS, public_url=_URL)


def function(name: str, folder: Path, environment: dict[str, str]) -> FunctionProcess:
    log = folder / "log"
    return FunctionProcess(name, port=choose_port(0), environment=environment, log=log)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def running(tmp_path: Path) -> Iterator[FunctionProcess]:
    with function("cleanup", tmp_path, environment("cleanup")) as process:
        yield process


def test_it_answers_is_killed_and_comes_back_at_the_same_place(running: FunctionProcess) -> None:
    address = running.address
    assert answers(address)
    running.kill()
    assert not answers(address)

    running.restart()

    assert running.address == address
    assert answers(address)


def test_it_has_ended_with_its_block(tmp_path: Path) -> None:
    with function("cleanup", tmp_path, environment("cleanup")) as process:
        assert answers(process.address)

    assert not answers(process.address)


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    without_project = environment("cleanup") | {"VIGIL_PROJECT": ""}
    with (
        pytest.raises(FunctionFailed, match=r"cleanup ended with code 1: .*VIGIL_PROJECT"),
        function("cleanup", tmp_path, without_project),
    ):
        pytest.fail("it cannot run")


def test_a_function_without_a_source_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidSettings, match="no_such_function"),
        function("no_such_function", tmp_path, {}),
    ):
        pytest.fail("there is none")


def test_only_who_tells_people_is_given_secrets() -> None:
    given = {"slack_webhook_url": "https://hooks.example/s3cret", "own_services": ("a", "b")}

    assert "s3cret" not in str(environment("batch_logs", **given))
    assert environment("batch_logs", **given)["VIGIL_OWN_SERVICES"] == "a,b"
    told = environment("manage_alerts", **given)
    assert told["VIGIL_SLACK_WEBHOOK_URL"] == "https://hooks.example/s3cret"
