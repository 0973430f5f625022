"""How often the documents of one service are written, and when what is wrong with it is found.

    python -m tests.benchmarks.hot_service [--seconds N]

Once with one batch a second, once with a hundred, on Firestore's emulator, from five instances of
detect_anomalies with 40 threads each, at the pace of a deployment. In the middle of it a tick comes
for windows in which a fifth of the payments failed; batches go on coming meanwhile. "Found after"
is from the tick to the publication of the anomaly.
"""

import argparse
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.hot_service import TENANT, HotService, Recorder, batch_of, payments
from vigil.local.emulators import firestore_emulator

_INSTANCES, _THREADS = 5, 40
_ENTRIES = 50
_FAILED = 10
# What is over by the tick: the window of a minute, and as long again for what comes late.
_AGO = timedelta(minutes=4)
_TITLES = ("load", "batches", "commits", "a second", "found after", "all taken in after")
_TWICE = 2


def row(address: str, a_second: int, seconds: int) -> str:
    """Return what so many batches a second come to, as the row of a Markdown table."""
    project = f"hot-service-{a_second}"
    with HotService(address, project, instances=_INSTANCES, threads=_THREADS) as hot:
        ticked: list[float] = []

        def tick() -> None:
            ticked.append(time.monotonic())
            hot.instances[0].tick(TENANT)

        timer = threading.Timer(seconds / 2, tick)
        timer.start()
        batches = list(_batches(a_second * seconds))
        wait = hot.deliver(batches, a_second=a_second)
        ended_at = time.monotonic()
        wait()
        behind = time.monotonic() - ended_at
        timer.join()
        outcomes = hot.outcomes()
        assert outcomes.received == outcomes.processed == len(batches) * _ENTRIES, outcomes
        found = hot.recorder.published[0][0] - ticked[0]
        figures = (f"{a_second} a second", f"{len(batches)}", *_commits(hot.recorder))
        return f"| {' | '.join((*figures, f'{found:.2f} s', f'{behind:.1f} s'))} |"


def _commits(recorder: Recorder) -> tuple[str, str]:
    """Return how often the state was written, and how often a second the busiest document was.

    What is written twice is there for one event, and removed with it.
    """
    shared = recorder.shared()
    states = max(len(at) for path, at in shared.items() if "/baselines/" in path)
    rates = [(len(at) - 1) / (max(at) - min(at)) for at in shared.values() if len(at) > _TWICE]
    return f"{states}", f"{max(rates):.2f}"


def _batches(count: int) -> Iterator[bytes]:
    """Yield batches of the same ten seconds, four minutes ago."""
    at = datetime.now(UTC) - _AGO
    for number in range(count):
        first = number * _ENTRIES
        failed = payments(first, _FAILED, at, failed=True)
        well = payments(first + _FAILED, _ENTRIES - _FAILED, at)
        yield batch_of(f"b{number}", [*failed, *well], at)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    asked = parser.parse_args()
    print(f"| {' | '.join(_TITLES)} |")
    print("|---" * len(_TITLES) + "|")
    with firestore_emulator() as address:
        for a_second in (1, 100):
            print(row(address, a_second, asked.seconds))


if __name__ == "__main__":
    main()
