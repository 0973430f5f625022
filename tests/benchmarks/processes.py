"""A function in a process of its own, and what it costs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from vigil.local.free_port import LOOPBACK, choose_port

ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.002


class Served:
    """functions-framework with one function, on a free loopback port."""

    def __init__(
        self,
        source: Path,
        target: str,
        environment: Mapping[str, str],
        *,
        python: str = sys.executable,
        is_asgi: bool = False,
    ) -> None:
        self.port = choose_port(0)
        command = [python, "-m", "functions_framework", f"--source={source}", f"--target={target}"]
        self._process = subprocess.Popen(
            [*command, f"--host={LOOPBACK}", f"--port={self.port}", *(["--asgi"] * is_asgi)],
            env=_environment(environment),
            # Our own stdout has the table.
            stdout=sys.stderr,
            start_new_session=True,
        )

    def wait(self) -> None:
        """Return when a request is answered, whatever the answer."""
        give_up_at = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError("the function did not start; what it printed says why")
            time.sleep(_POLL_SECONDS)

    def cpu_seconds(self) -> float:
        """Return what its processes have used, in user and system mode."""
        return sum(sum(map(int, _stat(pid)[11:13])) for pid in self._pids()) / _TICKS

    def resident_mb(self) -> float:
        """Return what its processes hold; pages that they share count for each of them."""
        return sum(int(_stat(pid)[21]) * _PAGE_KB / 1024 for pid in self._pids())

    def stop(self) -> None:
        """End it; its requests end first."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=_START_SECONDS)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _pids(self) -> list[int]:
        own = self._process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text()
        return [own, *map(int, children.split())]


@contextmanager
def served(
    source: Path, target: str, environment: Mapping[str, str], *, is_asgi: bool = False
) -> Iterator[Served]:
    """Run a function while the block lasts, from when it answers."""
    function = Served(source, target, environment, is_asgi=is_asgi)
    try:
        function.wait()
        yield function
    finally:
        function.stop()


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return our own environment without what would change how a function is set up."""
    ours = {n: v for n, v in os.environ.items() if not n.startswith(("VIGIL_", "FUNCTION_"))}
    path = os.pathsep.join([str(ROOT / "shared"), str(ROOT)])
    # As on Cloud Run, whoever hands on a request is not believed about who sent it.
    return {**ours, "PYTHONPATH": path, "FORWARDED_ALLOW_IPS": "192.0.2.1", **more}


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat that follow the name, which may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
