"""Made-up systems are the same again by their seed, and blame nobody while nothing is broken."""

import json
from pathlib import Path

from tests.benchmarks.made_up_systems.day import write_day
from tests.benchmarks.rca import KEEP, judge_days, read_day

DAY = "2026-01-20.ndjson.xz"


def test_a_seed_makes_the_same_day_again(tmp_path: Path) -> None:
    write_day(tmp_path / "once", "system 6", 1)
    write_day(tmp_path / "twice", "system 6", 1)
    once, twice = [
        [entry for batch in read_day(tmp_path / name / DAY, KEEP["nothing"]) for entry in batch]
        for name in ("once", "twice")
    ]
    assert once == twice
    assert once


def test_a_healthy_day_names_no_service_as_the_cause(tmp_path: Path) -> None:
    write_day(tmp_path, "system 6", 2, healthy=True)
    faults = json.loads((tmp_path / "faults.json").read_text())
    assert [fault["service"] for fault in faults] == ["", ""]
    judged = judge_days(tmp_path, faults, KEEP["nothing"])
    assert all(one.suspects == () or one.suspects[0].confidence < 0.5 for one in judged)
