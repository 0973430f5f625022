"""How well and how fast lines get their templates, beside drain3 on the same lines.

    python -m tests.benchmarks.templates --data DIR --out DIR [--turns N]

DIR holds CSV files with a column `content`, a line in each row. To each OUT gets one of the same
name with the column `template_id`, row for row, through masking and mining as detection does them:
the ids are those that the templates have in the end. Where the files have a column `event_id`, the
id of the true template, nothing is read of it.

Speeds are medians of N turns, in which ours and drain3 take turns: once from nothing, each file
with empty caches, and once as a stream, each file's lines ten times, with other digits each time.
drain3 (`make drain3` installs it apart) runs without masks, and with masks for the seven kinds of
its examples: hardware addresses, IP addresses, two kinds of sequences, hexadecimal and decimal
numbers, commands.
"""

import argparse
import csv
import logging
import site
import statistics
import string
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vigil.logs import masking
from vigil.logs.masking import mask
from vigil.logs.template_miner import TemplateMiner

TIMES = 10
_APART = Path(".venv/apart/drain3")
_BARE = (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])")
_KINDS = {
    "ID": r"(?:[0-9a-f]{2,}:){3,}[0-9a-f]{2,}",
    "IP": r"\d{1,3}(?:\.\d{1,3}){3}",
    "SEQ": r"(?:[0-9a-f]{6,} ?){3,}",
    "SEQUENCE": r"(?:[0-9A-F]{4} ?){4,}",
    "HEX": r"0x[0-9a-fA-F]+",
    "NUM": r"[-+]?\d+",
    "CMD": r'(?<=executed cmd )".+?"',
}

Lines = Sequence[str]
Learn = Callable[[Lines], object]


def template_ids(lines: Lines) -> list[str]:
    """Return the id of each line's template, as it is known when all have been learned."""
    miner = TemplateMiner()
    ids = [miner.learn_one(mask(line)) for line in lines]
    return [miner.resolve(template_id) for template_id in ids]


def learned_by_drain3(*, masks: bool) -> Learn | None:
    """Return what learns lines with drain3, None where it is not installed."""
    for folder in _APART.glob("lib/python*/site-packages"):
        site.addsitedir(str(folder))
    try:
        from drain3 import TemplateMiner as Drain3  # noqa: PLC0415 - it may not be installed
        from drain3.masking import MaskingInstruction  # noqa: PLC0415
        from drain3.template_miner_config import TemplateMinerConfig  # noqa: PLC0415
    except ImportError:
        return None
    logging.getLogger("drain3").setLevel(logging.ERROR)
    config = TemplateMinerConfig()
    if masks:
        begin, end = _BARE
        config.masking_instructions = [
            MaskingInstruction(f"{begin}(?:{kind}){end}", name) for name, kind in _KINDS.items()
        ]

    def learn(lines: Lines) -> None:
        miner = Drain3(config=config)
        for line in lines:
            miner.add_log_message(line)

    return learn


def forget() -> None:
    """Empty the caches of masking, as in a process that has just started."""
    for cached in (masking._masked_line, masking._masked_token):
        cached.cache_clear()


def ours(lines: Lines) -> None:
    """Learn lines with empty caches."""
    forget()
    template_ids(lines)


def stream(lines: Lines) -> list[str]:
    """Return lines TIMES over, each time with other digits."""
    digits = string.digits
    tables = [str.maketrans(digits, digits[n:] + digits[:n]) for n in range(TIMES)]
    return [line.translate(table) for table in tables for line in lines]


def speeds(files: Sequence[Lines], turns: int) -> Iterator[tuple[str, float]]:
    """Yield lines a second of each way, medians over turns, ours first."""
    ways: dict[str, Learn | None] = {
        "ours": ours,
        "drain3 without masks": learned_by_drain3(masks=False),
        "drain3 with its masks": learned_by_drain3(masks=True),
    }
    taken: dict[str, list[float]] = {name: [] for name, way in ways.items() if way}
    for _ in range(turns):
        for name, way in ways.items():
            if way:
                taken[name].append(_seconds(way, files))
    lines = sum(map(len, files))
    for name, seconds in taken.items():
        yield name, lines / statistics.median(seconds)


def _seconds(way: Learn, files: Sequence[Lines]) -> float:
    started = time.process_time()
    for lines in files:
        way(lines)
    return time.process_time() - started


def read(path: Path) -> list[str]:
    """Return the lines of a file."""
    with path.open(newline="", encoding="utf-8") as file:
        return [row["content"] for row in csv.DictReader(file)]


def write(path: Path, ids: Sequence[str]) -> None:
    """Write the ids of a file's lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["template_id"])
        rows.writerows([template_id] for template_id in ids)


def main() -> None:
    """Write the ids of all files, and print the speeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    files = {path.name: read(path) for path in sorted(asked.data.glob("*.csv"))}
    if not files:
        parser.error(f"no CSV files in {asked.data}")
    for name, lines in files.items():
        ids = template_ids(lines)
        write(asked.out / name, ids)
        print(f"{name:24} {len(lines):8,} lines {len(set(ids)):6,} templates")
    streams = {
        "from nothing": list(files.values()),
        "as a stream": [stream(lines) for lines in files.values()],
    }
    for what, learned in streams.items():
        measured = dict(speeds(learned, asked.turns))
        for name, speed in measured.items():
            print(f"{what:13} {name:22} {speed:9,.0f} lines/s {measured['ours'] / speed:6.2f}")


if __name__ == "__main__":
    main()
