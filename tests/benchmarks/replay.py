"""How fast a file of entries is replayed, in how much memory, and where the time goes.

    python -m tests.benchmarks.replay FILE [--stages N]

The first line is the replay as a whole. The others are the stages on their own, over the first N
entries in batches of 5,000: microseconds of CPU an entry, and the ratio to `orjson.loads` of the
same entries in the same run, which does not depend on how fast the machine is today.
"""

import argparse
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

import orjson

from vigil.detection.calls import find_calls
from vigil.detection.detect import observe
from vigil.detection.service_state import ServiceState
from vigil.local.log_file import read_entries
from vigil.local.replay import Replay
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Thresholds

BATCH = 5000
THRESHOLDS = Thresholds()


def whole(name: str) -> str:
    """Return what a replay of the file comes to."""
    started = time.perf_counter()
    replay = Replay()
    replay.feed(read_entries(name))
    summary = replay.finish()
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"replay: {summary.received} entries, {summary.received / seconds:,.0f} entries/s, "
        f"{seconds:.1f} s, peak {peak_mb:.0f} MB, balanced {summary.balanced}"
    )


def stages(name: str, count: int) -> Iterator[str]:
    """Yield a line for each stage."""
    raws = [
        entry.raw for entry in islice(read_entries(name), count) if isinstance(entry.raw, bytes)
    ]
    entries = [LogEntry.parse(raw) for raw in raws]
    now = datetime.now(UTC)
    batches = [
        LogBatch(f"b{start}", "t", now, tuple(entries[start : start + BATCH]), Outcomes())
        for start in range(0, len(entries), BATCH)
    ]
    encoded = [batch.to_bytes() for batch in batches]
    work: dict[str, Callable[[], object]] = {
        "orjson.loads": lambda: [orjson.loads(raw) for raw in raws],
        "LogEntry.parse": lambda: [LogEntry.parse(raw) for raw in raws],
        "LogBatch.to_bytes": lambda: [batch.to_bytes() for batch in batches],
        "LogBatch.parse": lambda: [LogBatch.parse(content) for content in encoded],
        "find_calls": lambda: [find_calls(batch.entries) for batch in batches],
        "observe": lambda: observed([batch.entries for batch in batches]),
    }
    yardstick = 0.0
    for stage, run in work.items():
        microseconds = _cpu_seconds(run) / len(entries) * 1e6
        yardstick = yardstick or microseconds
        yield f"{stage:18} {microseconds:6.2f} us an entry  {microseconds / yardstick:6.2f}"


def observed(batches: Sequence[Sequence[LogEntry]]) -> None:
    """Take in batches as the workflow does, a service at a time, but without writing states."""
    states: dict[str, ServiceState] = {}
    for batch in batches:
        by_service: dict[str, list[LogEntry]] = {}
        for entry in batch:
            by_service.setdefault(entry.service, []).append(entry)
        for service, entries in by_service.items():
            state = states.get(service) or ServiceState(service)
            states[service] = observe(state, entries, thresholds=THRESHOLDS, calls={}).state


def _cpu_seconds(run: Callable[[], object]) -> float:
    def once() -> float:
        started = time.process_time()
        run()
        return time.process_time() - started

    return min(once() for _ in range(3))


def main() -> None:
    """Print the figures of a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--stages", type=int, default=50_000)
    asked = parser.parse_args()
    print(whole(asked.file))
    for line in stages(asked.file, asked.stages):
        print(line)


if __name__ == "__main__":
    main()
