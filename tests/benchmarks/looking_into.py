"""How long it takes to look into one incident of 50,000 entries, and to sum those up before.

    python -m tests.benchmarks.looking_into [--turns N] [--entries N]

A made-up system of twelve services, each of which calls at most two others: a trace has 48 entries,
of each service a request with its user and revision, the span of whoever calls it, and two lines.
The evidence is that of an incident's first two and a half windows, ten slices of 15 seconds, and as
much again is usual. In the bad time the payments of one revision fail.

`join traces` and `sum up requests` are done as entries come, in batches of 500; `look into it` when
an incident opens: slices and what is usual are read from bytes and merged, suspects are ranked, and
differences and impact are told. `rank suspects` is a part of that. CPU time, the median and the
best of some turns, beside `orjson.loads` of the same entries, so that figures of two machines can
be compared.
"""

import argparse
import gc
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import orjson

from tests.builders import NOON, log_entry
from vigil.detection.trace_joiner import TraceJoiner
from vigil.detection.traffic_of import traffic_of
from vigil.incidents.differences import differences
from vigil.incidents.impact import impact_of
from vigil.incidents.suspects import rank_suspects
from vigil.logs.entry_record import record_of
from vigil.logs.log_entry import LogEntry
from vigil.model.observed import Observed
from vigil.model.request_traffic import Traffic
from vigil.model.series import Series
from vigil.model.trace_profile import TraceProfile

SERVICES = tuple(f"service-{number:02}" for number in range(12))
_BROKEN = 7
_SLICE_SECONDS = 15
_SLICES = 10
_BATCH = 500
_LASTS = timedelta(seconds=_SLICE_SECONDS * _SLICES)
_OF_A_TRACE = 4 * len(SERVICES)
_CUSTOMERS = 3000

# The profile and the traffic of a slice, as they are stored.
Packed = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class MadeUpTrace:
    """A trace of all services; if it is `broken`, payments of one revision fail in it."""

    random: Random
    trace_id: str
    user: str
    broken: bool

    def call(self, place: int, at: datetime, parent: str = "") -> Iterator[LogEntry]:
        """Yield what is logged of a call of the service at a place, and of those that it makes."""
        us = int(400_000 * self.random.uniform(0.8, 1.2)) >> (place + 1).bit_length()
        server = f"s{place}{self.trace_id[:14]}"
        yield from self._logged(place, at, parent, us)
        for below in (2 * place + 1, 2 * place + 2):
            if below < len(SERVICES):
                began_at = at + timedelta(microseconds=us // 10 * (below % 2 * 4 + 1))
                yield from self.call(below, began_at, server)

    def _logged(self, place: int, at: datetime, parent: str, us: int) -> Iterator[LogEntry]:
        service, caller = SERVICES[place], SERVICES[max((place - 1) // 2, 0)]
        revision = f"{service}-0000{self.random.choice((1, 1, 1, 2))}"
        failed = self.broken and place == _BROKEN and revision.endswith("2")
        client, server = f"c{place}{self.trace_id[:14]}", f"s{place}{self.trace_id[:14]}"
        spans = {
            "service": caller,
            "span_id": client,
            "parent_span_id": parent,
            "span_us": us + 900,
        }
        serves = {"service": service, "span_id": server, "parent_span_id": client}
        request = {"endpoint": f"POST /{place}", "latency_us": us}
        began = f"began order {self.trace_id[:8]} of {self.user}"
        for fields in (
            spans,
            serves | request | {"traits": (("revision", revision),)},
            {"service": service, "span_id": server, "message": began},
            {"service": service, "span_id": server, "message": f"{us} steps" + " !" * failed},
        ):
            yield replace(self._plain(at, failed=failed), **fields)

    def _plain(self, at: datetime, *, failed: bool) -> LogEntry:
        return log_entry(
            digest=f"{self.random.getrandbits(64):016x}",
            occurred_at=at,
            trace_id=self.trace_id,
            user=self.user,
            failed=failed,
            endpoint="",
            latency_us=None,
        )


def entries_of(count: int, since: datetime, seed: str, *, broken: bool) -> list[LogEntry]:
    """Return about `count` entries of the time since an instant, in its order."""
    random, traces = Random(seed), count // _OF_A_TRACE
    found: list[LogEntry] = []
    for number in range(traces):
        trace_id, user = f"{random.getrandbits(128):032x}", f"{random.randrange(_CUSTOMERS):06x}"
        trace = MadeUpTrace(random, trace_id, user, broken)
        found += trace.call(0, since + _LASTS * number / traces)
    return sorted(found, key=lambda entry: entry.occurred_at)


def joined(entries: Sequence[LogEntry]) -> dict[int, TraceProfile]:
    """Return what the traces of batches showed, by slice."""
    joiner = TraceJoiner(_SLICE_SECONDS)
    found: defaultdict[int, TraceProfile] = defaultdict(TraceProfile)
    batches = [entries[start : start + _BATCH] for start in range(0, len(entries), _BATCH)]
    for profiles in (*map(joiner.take_in, batches), joiner.flush()):
        for at, profile in profiles.items():
            found[at].merge(profile)
    return found


def requested(entries: Sequence[LogEntry]) -> dict[int, Traffic]:
    """Return what was requested in batches, by slice."""
    found: defaultdict[int, Traffic] = defaultdict(Traffic)
    for start in range(0, len(entries), _BATCH):
        for at, traffic in traffic_of(entries[start : start + _BATCH], _SLICE_SECONDS).items():
            found[at].merge(traffic)
    return found


def packed(entries: Sequence[LogEntry]) -> list[Packed]:
    """Return the slices of entries as they are stored."""
    profiles, traffic = joined(entries), requested(entries)
    return [
        (profiles.get(at, TraceProfile()).to_bytes(), traffic.get(at, Traffic()).to_bytes())
        for at in sorted({*profiles, *traffic})
    ]


def read(slices: Sequence[Packed]) -> Observed:
    """Return what slices hold together."""
    return Observed.all_of(
        Observed(TraceProfile.from_bytes(profile), Traffic.from_bytes(traffic))
        for profile, traffic in slices
    )


def look_into(usual: Sequence[Packed], bad: Sequence[Packed]) -> list[str]:
    """Return who is suspected, the likeliest first, of what the slices of an incident show."""
    before, since = read(usual), read(bad)
    differences(before.traffic, since.traffic, SERVICES)
    affected = [Series(service, f"POST /{place}") for place, service in enumerate(SERVICES)]
    impact_of(affected, since.traffic, (), objective=0.999, minutes=_LASTS / timedelta(minutes=1))
    suspects = rank_suspects(before.profile, since.profile, (), (), NOON)
    return [suspect.service for suspect in suspects]


def figures(entries: int, turns: int) -> dict[str, list[float]]:
    """Return the CPU milliseconds of each part in each turn."""
    healthy = entries_of(entries, NOON - _LASTS, "usual", broken=False)
    failing = entries_of(entries, NOON, "bad", broken=True)
    bad, observed = packed(failing), read(packed(healthy))
    usual = [(observed.profile.to_bytes(), observed.traffic.to_bytes())]
    if look_into(usual, bad)[:1] != [SERVICES[_BROKEN]]:
        raise SystemExit("the service that is broken is not suspected: this measures nothing")
    raws = [orjson.dumps(record_of(entry)) for entry in failing]
    before, since = read(usual), read(bad)
    parts: dict[str, Callable[[], object]] = {
        "orjson.loads": lambda: [orjson.loads(raw) for raw in raws],
        "join traces": lambda: joined(failing),
        "sum up requests": lambda: requested(failing),
        "look into it": lambda: look_into(usual, bad),
        "rank suspects": lambda: rank_suspects(before.profile, since.profile, (), (), NOON),
    }
    # As in a function that runs: what stays is not looked through again for each new object.
    gc.freeze()
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(turns):
        for name, part in parts.items():
            began = time.process_time()
            part()
            taken[name].append(1000 * (time.process_time() - began))
    return taken


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    taken = figures(asked.entries, asked.turns)
    beside = statistics.median(taken["orjson.loads"])
    print(f"| of {asked.entries} entries | median ms | best ms | beside orjson.loads |")
    print("|---|---|---|---|")
    for name, each in taken.items():
        middle = statistics.median(each)
        print(f"| {name} | {middle:.0f} | {min(each):.0f} | {middle / beside:.2f} |")


if __name__ == "__main__":
    main()
