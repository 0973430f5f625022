"""A function begins with the right settings, or says once what is wrong with them, and ends."""

import gc
import json
import logging
import threading
from collections.abc import Iterator, Mapping

import pytest

from vigil.doors.once import Once
from vigil.doors.starting import start
from vigil.errors import InvalidSettings
from vigil.settings import Settings


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Puts back what a starting function changes for the whole process."""
    root = logging.getLogger()
    handlers, level, thresholds = list(root.handlers), root.level, gc.get_threshold()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_a_function_is_given_its_settings_and_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIL_PROJECT", "shop-project")

    def make(settings: Settings, environ: Mapping[str, str]) -> tuple[str | None, str]:
        return settings.project, environ["VIGIL_PROJECT"]

    assert start("cleanup", make) == ("shop-project", "shop-project")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("level", "named"), [("INFO", "VIGIL_PROJECT"), ("loud", "VIGIL_LOG_LEVEL")]
)
def test_a_function_whose_settings_are_wrong_says_so_once_and_ends(
    level: str,
    named: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIGIL_LOG_LEVEL", level)

    def make(settings: Settings, environ: Mapping[str, str]) -> None:
        raise InvalidSettings("VIGIL_PROJECT is missing")

    with pytest.raises(SystemExit) as ended:
        start("cleanup", make)

    assert ended.value.code == 1
    [line] = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["severity"], named in said["reason"]) == ("ERROR", True)


def test_what_many_threads_ask_for_at_once_is_made_once() -> None:
    made: list[int] = []
    together = threading.Barrier(8)

    def make() -> int:
        made.append(1)
        return len(made)

    once = Once(make)
    given: list[int] = []

    def ask() -> None:
        together.wait(5)
        given.append(once())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert given == [1] * 8


def test_what_could_not_be_made_is_made_when_it_is_asked_for_again() -> None:
    answers: Iterator[str | Exception] = iter([ConnectionError("not yet"), "made"])

    def make() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    once = Once(make)
    with pytest.raises(ConnectionError):
        once()
    assert (once(), once()) == ("made", "made")
