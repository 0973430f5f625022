"""Functions as they are deployed: each with a flat bundle, an environment and a process of its own.

A bundle is the zip that Terraform would upload, or like it where there is no Terraform. An
environment holds what the bundle's requirements.txt names, and nothing else of ours.
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
from zipfile import ZipFile

from tests.repository.tree import ROOT
from vigil.local.free_port import LOOPBACK, choose_port

NAMES = tuple(sorted(path.parent.name for path in ROOT.glob("functions/*/requirements.txt")))
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_UV = Path(sys.executable).with_name("uv")
_CACHES = shutil.ignore_patterns("__pycache__")
# Bytecode goes by the date of its source, and all bundles shall share it.
_DATE = 315_532_801


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
    """The bundles and environments of functions in one folder, each made once.

    They are made of `zips`, or else of the source tree.
    """

    def __init__(self, folder: Path, zips: Mapping[str, Path] | None = None) -> None:
        self._folder = folder
        self._zips = zips
        # What one function has compiled the next one need not: they have the same code, and pin the
        # same versions.
        self._compiled = folder / "compiled"
        self._compiled.mkdir()

    def make(self, *names: str) -> None:
        """Make what functions need, several at once."""
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(self._make, names))

    def environment(self, name: str) -> Path:
        return self._folder / name / "environment"

    def _make(self, name: str) -> None:
        bundle = self._folder / name
        if bundle.exists():
            return
        bundle.mkdir()
        if self._zips is None:
            _copy(name, bundle)
        else:
            with ZipFile(self._zips[name]) as opened:
                opened.extractall(bundle)
        for path in bundle.rglob("*.py"):
            os.utime(path, (_DATE, _DATE))
        self._install(self.environment(name), bundle / "requirements.txt")
        for own, compiled in self._compiled_parts(name):
            _link_compiled(compiled, own, make_folders=False)

    def _compiled_parts(self, name: str) -> Iterator[tuple[Path, Path]]:
        """Yield the folders of a function that have bytecode, and where all functions share it."""
        yield self._folder / name / "vigil", self._compiled / "vigil"
        yield _packages(self.environment(name)), self._compiled / "packages"

    def _install(self, environment: Path, requirements: Path) -> None:
        installed = ("--quiet", "--python", environment / "bin/python", "--require-hashes")
        for command in (
            ("venv", "--quiet", "--python", sys.executable, environment),
            ("pip", "install", *installed, "-r", requirements),
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
            for own, compiled in self._compiled_parts(name):
                _link_compiled(own, compiled, make_folders=True)

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


def _copy(name: str, bundle: Path) -> None:
    for file in ("main.py", "requirements.txt"):
        shutil.copy(ROOT / "functions" / name / file, bundle)
    for shared in ("shared/vigil", "prompts"):
        shutil.copytree(ROOT / shared, bundle / Path(shared).name, ignore=_CACHES)


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
