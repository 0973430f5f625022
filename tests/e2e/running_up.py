"""A `vigil up` in a process of its own, as its user sees it."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

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
def vigil_up(folder: Path, *options: str) -> Iterator[Running]:
    """Run `vigil up --plain` in a data folder, and kill it at the end if it still runs."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    environment = own | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "VIGIL_DATA_DIR": str(folder),
        "VIGIL_API_PORT": "0",
        "VIGIL_SHOP_PORT": "0",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "vigil", "up", "--plain", *options],
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
