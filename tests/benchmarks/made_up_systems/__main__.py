"""Which service is blamed for faults of systems that are made up by chance, by spans alone.

    python -m tests.benchmarks.made_up_systems --out DIR [--systems 12] [--faults 20] [--seed 1]
    python -m tests.benchmarks.made_up_systems --out DIR --healthy

Each system has services, operations, shares, clocks and customers of its own, deterministic by the
seed, and is written to DIR/NUMBER as a recorded day is, so that `tests.benchmarks.rca` reads it as
well. A fault makes a service slower, its network or one operation of it, or an operation throws, or
returns at once what is wrong; faults are of all sizes, so some show in nothing. Requests and shares
drift all the time. With --healthy nothing is broken, and whoever is named is named wrongly.

Prints by kind of fault the share whose service is first, among the first three and the first five,
and how often first suspects of each confidence were right.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.made_up_systems.day import write_day
from tests.benchmarks.rca import KEEP, Judged, accuracy, judge_days

_LIMITS = (0.0, 0.3, 0.5, 0.7, 0.9, 1.01)


def by_kind(faults: Sequence[Mapping[str, str]], judged: Mapping[str, Judged]) -> list[str]:
    """Return a line for each kind of fault, and one for all."""
    kinds: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for fault in faults:
        for kind in (fault["type"], "all"):
            kinds[kind][fault["fault_id"]] = fault["service"]
    ranking = {key: [each.service for each in one.suspects] for key, one in judged.items()}
    return [
        f"{kind} ({len(services)}): {accuracy(services, ranking)}"
        for kind, services in sorted(kinds.items())
    ]


def reliability(faults: Sequence[Mapping[str, str]], judged: Mapping[str, Judged]) -> list[str]:
    """Return for each range of confidence how many first suspects had it, and were the cause."""
    firsts = [
        (one.suspects[0].confidence, one.suspects[0].service == fault["service"])
        for fault in faults
        if (one := judged[fault["fault_id"]]).suspects
    ]
    lines = [f"nobody suspected: {len(faults) - len(firsts)} of {len(faults)}"]
    for least, most in pairwise(_LIMITS):
        told = [(sure, right) for sure, right in firsts if least <= sure < most]
        if told:
            mean = sum([sure for sure, _ in told]) / len(told)
            right = sum([right for _, right in told])
            lines.append(
                f"{least} to {min(most, 1.0)}: {right} of {len(told)} right, {mean:.2f} told"
            )
    return lines


def main() -> None:
    """Write the days, judge them, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.made_up_systems")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--systems", type=int, default=12)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--healthy", action="store_true")
    asked = parser.parse_args()
    faults: list[dict[str, str]] = []
    judged: dict[str, Judged] = {}
    for number in range(asked.seed, asked.seed + asked.systems):
        folder = asked.out / f"{number}"
        write_day(folder, f"system {number}", asked.faults, healthy=asked.healthy)
        of_day = json.loads((folder / "faults.json").read_text())
        faults += [{**each, "fault_id": f"{number} {each['fault_id']}"} for each in of_day]
        found = judge_days(folder, of_day, KEEP["nothing"])
        judged |= {f"{number} {each.fault_id}": each for each in found}
    lines = [] if asked.healthy else by_kind(faults, judged)
    print("\n".join([*lines, *reliability(faults, judged)]))


if __name__ == "__main__":
    main()
