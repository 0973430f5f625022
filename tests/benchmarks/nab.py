"""What the detectors of numeric series find in the Numenta Anomaly Benchmark.

    python -m tests.benchmarks.nab --data DIR --out DIR

DIR holds windows.json, whose keys are relative paths, and data/<relative path>, each a CSV of
timestamp,value. For each, OUT/<relative path> gets a column anomaly_score, 0..1, a row for each
row. Values go in as they are, each with its own instant. The benchmark judges nothing before 15 %
of a series, or 750 rows if that is less, and tells that to every detector; so ours need not wait
for a week, and warms up for that long, or for the usual 300 values. The benchmark's own scorer
finds the threshold.
"""

import argparse
import csv
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson

from vigil.detection.detectors.series_detector import SeriesDetector

_WARM_UP = 300
_PROBATION, _PROBATION_ROWS = 0.15, 5000

Row = tuple[int, float]


def read_rows(path: Path) -> list[Row]:
    """Return the instants, in seconds since 1970, and the values of a series."""
    with path.open() as file:
        return [(_seconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]


def scores(detector: SeriesDetector, rows: list[Row]) -> Iterator[float]:
    """Yield the score of each row, as of what came before it."""
    for at, value in rows:
        yield detector.score_one(value, at)
        detector.learn_one(value, at)


def detector_for(rows: list[Row]) -> SeriesDetector:
    """Return a new detector that is ready when the benchmark begins to judge."""
    probation = int(_PROBATION * min(len(rows), _PROBATION_ROWS))
    return SeriesDetector(min(_WARM_UP, probation), warm_up_seconds=0)


def _seconds(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).replace(tzinfo=UTC).timestamp())


def _write(path: Path, found: list[float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["anomaly_score", *[f"{score:.6f}" for score in found], ""]))


def _numbers(plain: object) -> int:
    return sum([_numbers(each) for each in plain]) if isinstance(plain, list) else 1


def main() -> None:
    """Write the scores and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    points, seconds, numbers, size = 0, 0.0, 0, 0
    for name in sorted(json.loads((asked.data / "windows.json").read_text())):
        rows = read_rows(asked.data / "data" / name)
        began = time.perf_counter()
        detector = detector_for(rows)
        found = list(scores(detector, rows))
        seconds += time.perf_counter() - began
        points += len(rows)
        state = detector.to_json()
        numbers, size = max(numbers, _numbers(state)), max(size, len(orjson.dumps(state)))
        _write(asked.out / name, found)
    print(f"{points:,} points, {points / seconds:,.0f} points/s")
    print(f"largest state: {numbers} numbers, {size:,} bytes of JSON")


if __name__ == "__main__":
    main()
