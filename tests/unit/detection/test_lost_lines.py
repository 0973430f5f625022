"""Lines that no longer come, while those that they always came with still do."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.detectors.line_companions import COMPANIONS, LINES, LineCompanions
from vigil.detection.watch import Watch
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.log_severity import LogSeverity
from vigil.model.tenant import Thresholds

USUAL = {"asked": 12, "found": 12, "answered": 12, "idle": 40}


def learned(windows: int = 30, *, seed: int = 1) -> LineCompanions:
    """Return what was learned of windows with more and with less traffic."""
    lines, random = LineCompanions(), Random(seed)
    for _ in range(windows):
        many = random.randint(5, 20)
        lines.learn_one({"asked": many, "found": many, "answered": many, "idle": 40})
    return lines


def test_a_line_that_is_left_out_is_found() -> None:
    lost = learned().read_one(USUAL | {"answered": 0})
    assert lost is not None
    assert (lost.line, lost.came, lost.expected) == ("answered", 0, 12)
    assert lost.chance < 1e-9


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(USUAL, id="as usual"),
        pytest.param({"idle": 40}, id="nobody asked"),
        pytest.param({"asked": 60, "found": 60, "answered": 60, "idle": 40}, id="many asked"),
        pytest.param(USUAL | {"answered": 11}, id="across the edge of a window"),
        pytest.param(USUAL | {"answered": 7}, id="more than half still come"),
        pytest.param(USUAL | {"answered": 0, "replied": 12}, id="reworded by a release"),
        pytest.param({}, id="no line at all"),
    ],
)
def test_what_is_no_loss_is_not_told(counts: Mapping[str, int]) -> None:
    assert learned().read_one(counts) is None


def test_little_that_was_learned_tells_nothing() -> None:
    assert learned(3).read_one(USUAL | {"answered": 0}) is None


def test_lines_that_come_apart_are_no_companions() -> None:
    lines, random = LineCompanions(), Random(1)
    for _ in range(60):
        lines.learn_one({"asked": random.randint(5, 20), "answered": random.randint(5, 20)})
    assert lines.read_one({"asked": 20}) is None


def test_a_line_that_stays_away_is_told_for_a_while_and_forgotten() -> None:
    lines, told = learned(), 0
    for _ in range(200):
        told += lines.read_one(USUAL | {"answered": 0}) is not None
        lines.learn_one(USUAL | {"answered": 0})
    assert 3 <= told < 60
    assert lines.read_one(USUAL | {"answered": 0}) is None


def test_a19_what_is_learned_is_bounded_and_goes_through_json() -> None:
    lines = LineCompanions()
    for _ in range(5):
        lines.learn_one({f"line {number}": 9 for number in range(500)})
    _, plain, _ = stored = lines.to_json()
    assert len(plain) == LINES
    assert all(len(pairs) - 1 <= COMPANIONS for pairs in plain)
    assert LineCompanions.from_json(stored).to_json() == stored


def played(message: str, *, severity: LogSeverity = LogSeverity.INFO) -> list[Anomaly]:
    """Return what is found if `message` is left out of the last of thirty minutes."""
    watch, found = Watch(Thresholds()), list[Anomaly]()
    failed = severity >= LogSeverity.ERROR
    for minute in range(31):
        at = NOON + timedelta(minutes=minute)
        for each in range(8):
            when = at + timedelta(seconds=7 * each)
            for text in ("order asked", message, "order closed"):
                told = text == message
                if not told or minute < 30:
                    entry = log_entry(
                        endpoint="",
                        occurred_at=when,
                        received_at=when,
                        message=text,
                        status=None,
                        latency_us=None,
                        severity=severity if told else LogSeverity.INFO,
                        failed=told and failed,
                        digest=f"{minute:08x}{each:04x}{len(text):04x}",
                    )
                    watch.take_in([entry])
        found += watch.tick(at + timedelta(seconds=91))
    return [each for each in found if each.window_started_at == NOON + timedelta(minutes=30)]


def test_a_path_through_the_code_that_ends_before_its_time_is_found() -> None:
    (anomaly,) = played("order answered in 12 ms")
    assert anomaly.anomaly_type is AnomalyType.UNUSUAL_PATTERN
    assert anomaly.description.startswith(
        'A line came 0 times, where 8 were due: "order answered in <*> ms", by "order '
    )


def test_an_error_that_comes_no_more_is_no_loss() -> None:
    assert played("order failed", severity=LogSeverity.ERROR) == []
