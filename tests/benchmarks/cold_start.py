"""How long each function takes from its start to its first answer, and what it holds then.

    python -m tests.benchmarks.cold_start [--times N]

Each is started by functions-framework, as in production, in this environment with its bytecode
compiled. "First answer" is to a request for its health; "first work" is to a request for which it
has to make its clients and to ask Firestore's emulator, in the same process, from its start. The
first lines are functions that make the same clients, and do nothing. The memory is that of the
server's master and its worker, and what they share counts twice.
"""

import argparse
import compileall
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from tests.benchmarks.entries import PROJECT
from tests.benchmarks.processes import ROOT, Served
from tests.pushes import pushed
from tests.servers.publisher_server import PublisherServer
from vigil.local.emulators import firestore_emulator
from vigil.local.free_port import LOOPBACK

BARE = Path(__file__).parent / "bare" / "clients"
OURS = ROOT / "functions"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Function:
    """A function to start, and a request that makes it work."""

    folder: Path
    target: str
    path: str = "/"
    body: bytes = b""
    is_asgi: bool = False


# Each asks for something, if only for what is to be done with a message that cannot be used.
NOTHING = pushed(b"{}")
FUNCTIONS = (
    Function(BARE, "flask_clients", body=NOTHING),
    Function(BARE, "asgi_clients", body=NOTHING, is_asgi=True),
    Function(OURS / "batch_logs", "batch_logs", body=NOTHING),
    Function(OURS / "detect_anomalies", "detect_anomalies", body=NOTHING),
    Function(OURS / "manage_alerts", "manage_alerts", body=pushed(b"", {"event_type": "tick"})),
    Function(OURS / "analyze_incidents", "analyze_incidents", body=NOTHING),
    Function(OURS / "receive_alerts", "receive_alerts", "/receive/alertmanager", b"{}"),
    Function(OURS / "cleanup", "cleanup", body=b"{}"),
    Function(OURS / "api", "api", "/alerts"),
)


@dataclass(frozen=True, slots=True)
class Start:
    """One start: milliseconds until it answered and worked, and the memory that it had then."""

    answered: float
    worked: float
    resident_mb: float
    status: int


def started(function: Function, environment: Mapping[str, str]) -> Start:
    """Start a function, and end it."""
    began = time.perf_counter()
    source = function.folder / "main.py"
    process = Served(source, function.target, environment, is_asgi=function.is_asgi)
    try:
        process.wait()
        answered = time.perf_counter() - began
        status = _asked(process.port, function)
        worked = time.perf_counter() - began
        return Start(answered * 1000, worked * 1000, process.resident_mb(), status)
    finally:
        process.stop()


def _asked(port: int, function: Function) -> int:
    connection = HTTPConnection(LOOPBACK, port, timeout=_SECONDS)
    try:
        connection.request("POST" if function.body else "GET", function.path, function.body or None)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@contextmanager
def emulated() -> Iterator[Mapping[str, str]]:
    """Give the environment of functions beside emulators, while the block lasts."""
    with firestore_emulator() as firestore, PublisherServer() as publisher:
        yield {
            "VIGIL_PROJECT": PROJECT,
            "VIGIL_PUSH_IDENTITY": "none",
            "VIGIL_PUBLIC_URL": "https://vigil.example",
            "FIRESTORE_EMULATOR_HOST": firestore,
            "PUBSUB_EMULATOR_HOST": publisher.address,
        }


def rows(times: int) -> Iterator[str]:
    """Yield the rows of a Markdown table; the functions take turns."""
    with emulated() as environment:
        # The first round finds the files in no cache.
        rounds = [[started(f, environment) for f in FUNCTIONS] for _ in range(times + 1)][1:]
    for function, starts in zip(FUNCTIONS, zip(*rounds, strict=True), strict=True):
        answered, worked, resident = (
            median(getattr(start, figure) for start in starts)
            for figure in ("answered", "worked", "resident_mb")
        )
        yield (
            f"| {function.target} | {answered:.0f} | {worked:.0f} | {starts[0].status} |"
            f" {resident:.0f} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    for folder in (ROOT / "shared", OURS, BARE):
        compileall.compile_dir(folder, quiet=1)
    print("| function | first answer ms | first work ms | its status | memory MB |")
    print("|---|---|---|---|---|")
    for row in rows(asked.times):
        print(row)


if __name__ == "__main__":
    main()
