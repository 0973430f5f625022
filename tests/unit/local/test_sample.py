"""The sample export is what its program makes, and tells nothing of who made it."""

import re
from pathlib import Path

import pytest

from tests.samples import SAMPLE, sample_lines
from vigil.local.sample import BEGINS_AT, BREAKS_AFTER, LASTS, write_sample
from vigil.logs.log_entry import LogEntry


def outline(line: bytes) -> tuple[str, str, str, int | None]:
    entry = LogEntry.parse(line)
    return entry.service, entry.endpoint, entry.message, entry.status


@pytest.mark.slow
def test_the_program_makes_the_sample(tmp_path: Path) -> None:
    made = tmp_path / "shop.ndjson.gz"
    write_sample(made)
    again = tmp_path / "again.ndjson.gz"
    write_sample(again)

    assert made.read_bytes() == again.read_bytes()
    # Other versions of Python and its libraries may draw and compress in other ways.
    assert sorted(map(outline, sample_lines(made))) == sorted(map(outline, sample_lines()))


def test_it_is_small_and_names_no_machine() -> None:
    content = b"\n".join(sample_lines()).decode()

    assert SAMPLE.stat().st_size < 300_000
    assert set(re.findall(r"https?://([^/\"]+)", content)) == {"shop.example"}


def test_payments_fail_only_after_there_was_time_to_learn() -> None:
    entries = [LogEntry.parse(line) for line in sample_lines()]
    failed = [entry for entry in entries if entry.failed]

    assert {entry.service for entry in failed} == {"shop-payment", "shop-checkout"}
    assert min(entry.occurred_at for entry in failed) >= BEGINS_AT + BREAKS_AFTER
    assert all(entry.received_at <= BEGINS_AT + LASTS * 1.1 for entry in entries)
