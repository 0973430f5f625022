"""How many pushes a second batch_logs takes on one core, beside doors that do less.

    python -m tests.benchmarks.batch_logs [--rounds N] [--seconds S] [--in-flight N]

Each function is served by functions-framework in a process of its own. `wrk` (of the package wrk)
posts entries of about 1 kB in the bodies that Pub/Sub pushes, over as many keep-alive connections
as are in flight. batch_logs publishes its batches to a gRPC server of ours, and has its registry in
Firestore's emulator. The functions take turns, round after round, so that all of them meet the same
machine; each figure is the median of the rounds, and the last column compares CPU a request.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import orjson

from tests.benchmarks.entries import PROJECT, pushes, raw_entries
from tests.benchmarks.processes import ROOT, Served, served
from tests.servers.publisher_server import PublisherServer
from tests.tokens import ACCOUNT, AUDIENCE, claims, unsigned
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.local.emulators import firestore_emulator
from vigil.local.free_port import LOOPBACK
from vigil.model.tenant import Project, Tenant
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry

SCRIPT = Path(__file__).parent / "bare" / "pushes.lua"
LEAST = Path(__file__).parent / "bare" / "main.py"
OURS = "batch_logs"
BESIDE = {"flask_empty": False, "asgi_empty": True, "asgi_parse": True}
_BODIES = 3000


@dataclass(frozen=True, slots=True)
class Turn:
    """What one function did in one round; the latencies are in milliseconds."""

    requests: int
    wrong: int
    seconds: float
    cpu_seconds: float
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        """How many requests it answered a second."""
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """What a request cost it, in microseconds of CPU."""
        return self.cpu_seconds / self.requests * 1e6


@dataclass(frozen=True, slots=True)
class Load:
    """What is posted, and how."""

    bodies: Path
    nothing: Path
    token: str
    in_flight: int
    seconds: int

    def turn(self, name: str, function: Served) -> Turn:
        """Let a function have its turn; the one in Flask is given nothing to read."""
        bodies = self.nothing if name == "flask_empty" else self.bodies
        before = function.cpu_seconds()
        answer = subprocess.run(
            [
                *("wrk", "--threads=1", f"--connections={self.in_flight}", "--timeout=10s"),
                *(f"--duration={self.seconds}s", f"--script={SCRIPT}"),
                *(f"http://{LOOPBACK}:{function.port}", "--", str(bodies), self.token),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        used = function.cpu_seconds() - before
        counted = answer.stdout.rpartition("RESULT ")[2].split()
        requests, microseconds, wrong, p50, p99 = map(int, counted)
        return Turn(requests, wrong, microseconds / 1e6, used, p50 / 1e3, p99 / 1e3)


@contextmanager
def batch_logs(publisher: PublisherServer) -> Iterator[Served]:
    """Serve batch_logs with everything that it needs."""
    with firestore_emulator() as firestore:
        _register(firestore)
        environment = {
            "VIGIL_PROJECT": PROJECT,
            "VIGIL_PUSH_AUDIENCE": AUDIENCE,
            "VIGIL_PUSH_ACCOUNTS": ACCOUNT,
            "FIRESTORE_EMULATOR_HOST": firestore,
            "PUBSUB_EMULATOR_HOST": publisher.address,
        }
        with served(ROOT / "functions" / OURS / "main.py", OURS, environment) as function:
            yield function


def _register(firestore: str) -> None:
    documents = FirestoreDocuments(PROJECT, DECLARED, emulator_host=firestore)
    now = datetime.now(UTC)
    registry = StoredRegistry(documents, lambda: now)
    registry.create_tenant(Tenant("acme", "Acme", now))
    registry.give_project(Project(PROJECT, "acme", now))
    documents.close()


def measured(
    rounds: int, seconds: int, in_flight: int, publisher: PublisherServer
) -> Mapping[str, list[Turn]]:
    """Return the turns of each function; the first round warms all of them and does not count."""
    with ExitStack() as open_, tempfile.TemporaryDirectory() as folder:
        functions = {OURS: open_.enter_context(batch_logs(publisher))}
        for name, is_asgi in BESIDE.items():
            functions[name] = open_.enter_context(served(LEAST, name, {}, is_asgi=is_asgi))
        now = datetime.now(UTC)
        bodies, nothing = Path(folder) / "bodies", Path(folder) / "nothing"
        bodies.write_bytes(b"\n".join(pushes(raw_entries(_BODIES, now), now)))
        nothing.write_text("\n")
        token = unsigned(claims(now))
        warm_up = Load(bodies, nothing, token, in_flight, 1)
        load = Load(bodies, nothing, token, in_flight, seconds)
        for name, function in functions.items():
            warm_up.turn(name, function)
        turns: dict[str, list[Turn]] = {name: [] for name in functions}
        for _ in range(rounds):
            for name, function in functions.items():
                turns[name].append(load.turn(name, function))
        return turns


def table(turns: Mapping[str, list[Turn]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    ours = median(turn.cpu_us for turn in turns[OURS])
    yield "| function | requests/s | CPU us a request | p50 ms | p99 ms | failed | beside ours |"
    yield "|---|---|---|---|---|---|---|"
    for name, of_function in turns.items():
        per_second, cpu, p50, p99 = (
            median(getattr(turn, figure) for turn in of_function)
            for figure in ("per_second", "cpu_us", "p50", "p99")
        )
        wrong = sum(turn.wrong for turn in of_function)
        yield (
            f"| {name} | {per_second:,.0f} | {cpu:.0f} | {p50:.0f} | {p99:.0f} | {wrong} |"
            f" {cpu / ours:.2f} |"
        )


def batches(publisher: PublisherServer) -> str:
    """Return how full the batches were that were published."""
    sizes = [len(orjson.loads(content)["entries"]) for _, content in publisher.published]
    return (
        f"{sum(sizes)} entries in {len(sizes)} batches, {median(sizes):.0f} in the median batch of"
        f" {median(len(content) for _, content in publisher.published) / 1000:.0f} kB"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--in-flight", type=int, default=800)
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("this needs wrk: `apt-get install wrk`")
    with PublisherServer() as publisher:
        turns = measured(asked.rounds, asked.seconds, asked.in_flight, publisher)
        for line in table(turns):
            print(line)
        print(batches(publisher))


if __name__ == "__main__":
    main()
