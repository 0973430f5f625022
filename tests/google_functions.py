"""Functions as they are deployed: each with a flat bundle, an environment and a process of its own.

An environment holds what the function's requirements.txt names, and nothing else of ours.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from tests.repository.tree import ROOT
from vigil.local.free_port import LOOPBACK, choose_port

NAMES = tuple(sorted(path.parent.name for path in ROOT.glob("functions/*/requirements.txt")))
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_UV = Path(sys.executable).with_name("uv")
_CACHES = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a function answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Running:
    """A function's process, and the address at which it answers."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=30)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return Reply(answer.status, answer.read(), dict(answer.headers))
        finally:
            connection.close()

    def lines(self) -> list[dict[str, object]]:
        """Return what it has logged so far, which is JSON and nothing else."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def terminate(self) -> None:
        """Ask it to stop, as Cloud Run does, and return when it has."""
        self.process.terminate()
        self.process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """End it and its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)


class Bundles:
    """The bundles and environments of functions in one folder, each made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # What one function has compiled the next one need not: they pin the same versions.
        self._compiled = folder / "compiled"
        self._compiled.mkdir()
        shutil.copytree(ROOT / "shared/vigil", folder / "vigil", ignore=_CACHES)
        shutil.copytree(ROOT / "prompts", folder / "prompts")

    def make(self, *names: str) -> None:
        """Make what functions need, several at once."""
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(self._make, names))

    def environment(self, name: str) -> Path:
        return self._folder / name / "environment"

    def _make(self, name: str) -> None:
        bundle, source = self._folder / name, ROOT / "functions" / name
        if bundle.exists():
            return
        bundle.mkdir()
        for file in ("main.py", "requirements.txt"):
            shutil.copy(source / file, bundle)
        # One copy for all of them: Python then compiles it once.
        for shared in ("vigil", "prompts"):
            (bundle / shared).symlink_to(self._folder / shared)
        self._install(self.environment(name), bundle / "requirements.txt")
        _link_compiled(self._compiled, _packages(self.environment(name)), make_folders=False)

    def _install(self, environment: Path, requirements: Path) -> None:
        python = environment / "bin/python"
        for command in (
            ("venv", "--quiet", "--python", sys.executable, environment),
            (
                "pip",
                "install",
                "--quiet",
                "--python",
                python,
                "--require-hashes",
                "-r",
                requirements,
            ),
        ):
            done = subprocess.run(
                [_UV, *command], capture_output=True, text=True, timeout=300, check=False
            )
            assert done.returncode == 0, done.stderr

    @contextmanager
    def running(
        self, name: str, settings: Mapping[str, str], *, port: int | None = None
    ) -> Iterator[Running]:
        """Run a function with no other environment than `settings`, and end it with the block."""
        self.make(name)
        running = self.start(name, settings, port=port)
        try:
            _wait_until_it_answers(running)
            yield running
        finally:
            if running.process.poll() is None:
                running.kill()
            _link_compiled(_packages(self.environment(name)), self._compiled, make_folders=True)

    def start(self, name: str, settings: Mapping[str, str], *, port: int | None = None) -> Running:
        """Start a function's process."""
        port = choose_port(0) if port is None else port
        log = self._folder / name / f"{port}.log"
        program = self.environment(name) / "bin/functions-framework"
        command = [str(program), "--target", name, "--source", "main.py", "--host", LOOPBACK]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*command, "--port", str(port)],
                cwd=self._folder / name,
                env={"PATH": os.defpath, "HOME": str(self._folder), **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own, so that it can be killed together with its workers.
                start_new_session=True,
            )
        return Running(port, process, log)


def _packages(environment: Path) -> Path:
    return next(environment.glob("lib/python*/site-packages"))


def _link_compiled(source: Path, target: Path, *, make_folders: bool) -> None:
    """Give `target` the bytecode in `source`, which stays dated by the file that it was made of.

    Without `make_folders` only what is there already gets it: a folder alone can be imported.
    """
    for path in source.rglob("__pycache__/*.pyc"):
        link = target / path.relative_to(source)
        if make_folders or link.parent.parent.is_dir():
            link.parent.mkdir(parents=make_folders, exist_ok=True)
            if not link.exists():
                link.hardlink_to(path)


def _wait_until_it_answers(running: Running) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while True:
        assert running.process.poll() is None, running.log.read_text()
        assert time.monotonic() < give_up_at, running.log.read_text()
        try:
            running.ask("GET", "/health")
        except OSError:
            time.sleep(0.02)
        else:
            return
