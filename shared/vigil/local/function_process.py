"""The functions of a deployment on this machine, each served by a process of its own."""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Self

from vigil import __file__ as _package
from vigil.errors import InvalidSettings, VigilError
from vigil.local.free_port import LOOPBACK
from vigil.local.watched_process import WatchedProcess

_SOURCES = Path(_package).parents[1]
_FUNCTIONS = _SOURCES.parent / "functions"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.02
_OK = 200


class FunctionFailed(VigilError):
    """A function could not be started; the text has its last words."""


class FunctionProcess:
    """One function under functions-framework, at one port of this machine, while `with` lasts.

    Its environment is `environment` and our search path; what it prints is appended to `log`.
    Entering starts it and raises FunctionFailed, with its last words, if it does not answer, and
    InvalidSettings where the functions' sources are not beside the package. It also ends when this
    process does.
    """

    def __init__(self, name: str, *, port: int, environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._port = port
        self._environment = environment
        self._log = log
        self._running: WatchedProcess | None = None
        self._opened = ExitStack()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        source = _source_of(self.name)
        with ExitStack() as opening:
            self._output: IO[bytes] = opening.enter_context(self._log.open("a+b"))
            # Its server keeps a socket there by a name that all of them share.
            self._runtime_folder = opening.enter_context(TemporaryDirectory(prefix="vigil-"))
            opening.callback(self._stop)
            self._start(source)
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def kill(self) -> None:
        """End it and its workers at once, whatever they are doing (kill -9)."""
        if self._running:
            self._running.kill()

    def restart(self) -> None:
        """Start it again at the same port, and return when it answers."""
        self._stop()
        self._start(_source_of(self.name))

    def _start(self, source: Path) -> None:
        command = [sys.executable, "-m", "functions_framework", "--target", self.name]
        place = ["--source", str(source), "--host", LOOPBACK, "--port", str(self._port)]
        path = os.pathsep.join(filter(None, [str(_SOURCES), os.environ.get("PYTHONPATH")]))
        own = {"PYTHONPATH": path, "XDG_RUNTIME_DIR": self._runtime_folder}
        self._running = WatchedProcess(
            [*command, *place], environment={**self._environment, **own}, output=self._output
        )
        self._wait_until_it_answers(self._running)

    def _stop(self) -> None:
        if self._running:
            self._running.stop()

    def _wait_until_it_answers(self, process: WatchedProcess) -> None:
        give_up_at = time.monotonic() + _START_SECONDS
        while not _answers(self._port):
            code = process.ended_with()
            if code is not None:
                raise self._failed(process, f"ended with code {code}")
            if time.monotonic() > give_up_at:
                raise self._failed(process, f"did not answer within {_START_SECONDS:.0f} seconds")
            time.sleep(_POLL_SECONDS)

    def _failed(self, process: WatchedProcess, how: str) -> FunctionFailed:
        return FunctionFailed(f"the function {self.name} {how}: {process.last_words()}")


def _source_of(name: str) -> Path:
    source = _FUNCTIONS / name / "main.py"
    if not source.is_file():
        raise InvalidSettings(
            f"the function {name} is not at {source}: functions run from a copy of the repository,"
            " in which Vigil was installed with `make emulators`"
        )
    return source


def _answers(port: int) -> bool:
    connection = HTTPConnection(LOOPBACK, port, timeout=5.0)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == _OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
