"""How many entries a second each part of detection takes on one core, and how large states get.

    python -m tests.benchmarks.speed [--turns N] [--minutes N] [--out DIR]

Everything runs in this process, one batch after the other, each decoded before it is measured; the
parts take turns, and `orjson.loads` of the same entries is one
of them, so that figures of two machines can be set beside each other. Medians of CPU time, and the
best turn. The feed has five services of ten endpoints at 500 entries a second of event time, in
batches of 500: once requests of 300 bytes, once lines of 1 to 2 kB. Learning goes before measuring.

`detect` is the whole step: decoded batch in, states and findings out, with every minute of event
time judged when it is over; `detect, bytes` reads each service's state from bytes before, and
writes it to bytes after each batch. States have learned for days when their size is measured.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import orjson

from tests.benchmarks.speed_entries import BATCH, Feed, parsed
from tests.benchmarks.state_size import largest_documents
from vigil.detection.calls import find_calls
from vigil.detection.detect import advance, observe
from vigil.detection.early import judge_open
from vigil.detection.service_state import ServiceState
from vigil.detection.waits import Waits
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.logs.masking import mask
from vigil.logs.template_miner import TemplateMiner
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Thresholds

YARDSTICK = "orjson.loads"
_TENANT = "measured"
_LEARNED_MINUTES = 45
_THRESHOLDS = Thresholds()
_LATENESS = timedelta(seconds=_THRESHOLDS.allowed_lateness_seconds)

Given = TypeVar("Given")


@dataclass
class Detect:
    """The whole step over batches as they come, with states as values or as bytes."""

    as_bytes: bool
    states: dict[str, ServiceState | bytes] = field(default_factory=dict)
    waits: Waits = field(default_factory=Waits)
    judged: int = 0
    found: int = 0
    seconds_judging: float = 0.0

    def run(self, batches: Iterable[Sequence[LogEntry]]) -> "Detect":
        """Take in batches, and judge each minute when it is over."""
        for entries in batches:
            self.take_in_and_judge(entries)
        return self

    def copy(self, *, as_bytes: bool) -> "Detect":
        """Return it as it is now, to go on from there."""
        step = Detect(as_bytes, judged=self.judged)
        for service in self.states:
            step._keep(self._state(service))
        return step

    def take_in_and_judge(self, entries: Sequence[LogEntry]) -> None:
        """Take in a batch, and judge the minute that is over, if one is."""
        self.take_in(entries)
        minute = int((entries[-1].occurred_at - _LATENESS).timestamp()) // 60
        if minute > self.judged:
            self.judged = minute
            self.judge(entries[-1])

    def take_in(self, entries: Sequence[LogEntry]) -> None:
        """Add a batch to the states of its services."""
        calls, waits = find_calls(entries), self.waits.take_in(entries)
        services = by_service(entries)
        for series in waits:
            services.setdefault(series.service, [])
        for service, own in services.items():
            state = self._state(service)
            seen = observe(state, own, thresholds=_THRESHOLDS, calls=calls, waits=waits)
            state, early = judge_open(seen.state, tenant_id=_TENANT, thresholds=_THRESHOLDS)
            self.found += len(early)
            self._keep(state)

    def judge(self, latest: LogEntry) -> None:
        """Judge what is over when `latest` has come."""
        started = time.process_time()
        states = [self._state(service) for service in sorted(self.states)]
        heard = frozenset([start for state in states for start in state.heard])
        for state in states:
            moved = advance(
                state,
                latest.occurred_at - _LATENESS,
                tenant_id=_TENANT,
                thresholds=_THRESHOLDS,
                heard=heard,
            )
            self.found += len(moved.anomalies)
            self._keep(moved.state)
        self.seconds_judging += time.process_time() - started

    def _state(self, service: str) -> ServiceState:
        kept = self.states.get(service)
        return kept if isinstance(kept, ServiceState) else ServiceState.from_bytes(service, kept)

    def _keep(self, state: ServiceState) -> None:
        self.states[state.service] = state.to_bytes() if self.as_bytes else state


def by_service(entries: Iterable[LogEntry]) -> dict[str, list[LogEntry]]:
    """Return the entries of each service."""
    services: dict[str, list[LogEntry]] = {}
    for entry in entries:
        services.setdefault(entry.service, []).append(entry)
    return services


class Measured:
    """One kind of entries, with what each part needs made ready."""

    def __init__(self, learned: Sequence[bytes], raws: Sequence[bytes]) -> None:
        self.count = len(raws)
        self.raws = [raws[start : start + BATCH] for start in range(0, len(raws), BATCH)]
        self.messages = [_as_message(batch) for batch in parsed(raws)]
        self._learned = Detect(as_bytes=False).run(parsed(learned))
        self.seconds_judging: list[float] = []

    def turn(self) -> Iterator[tuple[str, float]]:
        """Yield each part and the CPU seconds that it takes for all entries."""
        miner = TemplateMiner()
        yield YARDSTICK, _seconds(self.raws, lambda raws: [orjson.loads(raw) for raw in raws])
        yield "parse", _seconds(self.raws, lambda raws: [LogEntry.parse(raw) for raw in raws])
        yield "batch decode", _seconds(self.messages, LogBatch.parse)
        yield (
            "template",
            self._over_batches(
                lambda entries: [miner.learn_one(mask(entry.message)) for entry in entries]
            ),
        )
        yield "calls", self._over_batches(find_calls)
        yield "window", self._over_batches(Windows().take_in)
        for as_bytes, name in ((False, "detect"), (True, "detect, bytes")):
            step = self._learned.copy(as_bytes=as_bytes)
            yield name, self._over_batches(step.take_in_and_judge)
            if not as_bytes:
                yield "score", step.seconds_judging

    def _over_batches(self, part: Callable[[Sequence[LogEntry]], object]) -> float:
        """Return the seconds that a part takes for batches that have just been decoded."""
        return _seconds((LogBatch.parse(message).entries for message in self.messages), part)


class Windows:
    """Fills the windows of services that nothing has been learned of."""

    def __init__(self) -> None:
        self.states: dict[str, ServiceState] = {}

    def take_in(self, entries: Sequence[LogEntry]) -> None:
        """Add a batch."""
        for service, own in by_service(entries).items():
            state = self.states.get(service) or ServiceState(service)
            self.states[service] = observe(state, own, thresholds=_THRESHOLDS, calls={}).state


def _seconds(given: Iterable[Given], part: Callable[[Given], object]) -> float:
    """Return the CPU seconds of a part for each that is given, without making that."""
    seconds = 0.0
    for each in given:
        started = time.process_time()
        part(each)
        seconds += time.process_time() - started
    return seconds


def _as_message(batch: Sequence[LogEntry]) -> bytes:
    first = batch[0]
    return LogBatch("b", _TENANT, first.received_at, tuple(batch), Outcomes()).to_bytes()


def figures(measured: Measured, turns: int) -> dict[str, dict[str, float]]:
    """Return entries a second of each part: the median, the best, and beside the yardstick."""
    taken: dict[str, list[float]] = {}
    for _ in range(turns):
        for name, seconds in measured.turn():
            taken.setdefault(name, []).append(seconds)
    beside = statistics.median(taken[YARDSTICK])
    return {
        name: {
            "median": measured.count / statistics.median(seconds),
            "best": measured.count / min(seconds),
            "ratio": beside / statistics.median(seconds),
        }
        for name, seconds in taken.items()
    }


def show(kind: str, size: float, found: dict[str, dict[str, float]]) -> None:
    """Print a table of one kind of entries."""
    print(f"\n| {kind} of {size:.0f} bytes | entries/s | best | beside {YARDSTICK} |")
    print("|---|---|---|---|")
    for name, each in found.items():
        print(f"| {name} | {each['median']:,.0f} | {each['best']:,.0f} | {each['ratio']:.3f} |")


def main() -> None:
    """Measure both kinds of entries, and the size of states."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--minutes", type=int, default=2)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    feed = Feed()
    result: dict[str, object] = {}
    for kind, make in {"requests": feed.requests, "lines": feed.lines}.items():
        slow = Feed(per_second=feed.per_second // 10)
        learning = slow.requests if kind == "requests" else slow.lines
        raws = list(make(asked.minutes, since=_LEARNED_MINUTES))
        measured = Measured(list(learning(_LEARNED_MINUTES)), raws)
        found = figures(measured, asked.turns)
        show(kind, sum(map(len, raws)) / len(raws), found)
        result[kind] = found
    result["state"] = largest_documents(asked.days)
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "speed.json").write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
