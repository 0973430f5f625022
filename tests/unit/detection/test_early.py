"""What is beyond doubt is told while its window is open, once."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, log_entry
from vigil.detection.watch import Watch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.log_severity import LogSeverity
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

RANDOM = st.randoms(use_true_random=False)
LATENESS = timedelta(seconds=30)
FAILED = {"failed": True, "status": 500, "severity": LogSeverity.ERROR, "message": "declined"}


def at(second: float, **changes: object) -> LogEntry:
    when = NOON + timedelta(seconds=second)
    digest = f"{int(second * 1000) % 2**40:016x}"
    fresh = {"digest": digest, "occurred_at": when, "received_at": when}
    return log_entry(**(fresh | changes))


def learned(thresholds: Thresholds | None = None, windows: int = 12) -> Watch:
    """Return a watch that knows payments, sixty in each minute before noon."""
    watch = Watch(thresholds or Thresholds())
    for minute in range(-windows, 0):
        assert watch.take_in([at(60 * minute + second) for second in range(60)]) == []
        assert watch.tick(NOON + timedelta(minutes=minute + 1)) == []
    assert watch.tick(NOON + LATENESS) == []
    return watch


def test_an_error_spike_is_told_with_the_batch_that_makes_it_certain() -> None:
    watch = learned()
    assert watch.take_in([at(second) for second in range(20)]) == []
    assert watch.take_in([at(20 + n / 4, **FAILED) for n in range(8)]) == []
    (anomaly,) = watch.take_in([at(22 + n / 4, **FAILED) for n in range(32)])
    assert anomaly.anomaly_type is AnomalyType.ERROR_SPIKE
    assert anomaly.started_at == NOON + timedelta(seconds=20)
    assert anomaly.detected_at == NOON + timedelta(seconds=29.75)


def test_it_is_as_grave_as_what_came_since_it_began() -> None:
    watch = learned()
    (anomaly,) = watch.take_in(
        [at(second) for second in range(40)] + [at(40 + n / 2, **FAILED) for n in range(38)]
    )
    assert anomaly.severity is Severity.CRITICAL


def types_at_close(watch: Watch) -> list[AnomalyType]:
    told = watch.tick(NOON + timedelta(seconds=60) + LATENESS)
    return [anomaly.anomaly_type for anomaly in told]


def test_what_was_told_early_is_not_told_again_when_its_window_is_over() -> None:
    watch = learned()
    failing = [at(n / 2, **FAILED) for n in range(60)]
    assert len(watch.take_in(failing[:40])) == 1
    assert watch.take_in(failing[40:]) == []
    assert AnomalyType.ERROR_SPIKE not in types_at_close(watch)


def test_what_the_rest_of_its_window_may_take_back_waits_for_the_end() -> None:
    watch = learned()
    # Five of five fail, but of sixty that usually come five would be within the limit.
    assert watch.take_in([at(n, **FAILED) for n in range(5)]) == []
    assert watch.take_in([at(5 + n) for n in range(55)]) == []
    assert AnomalyType.ERROR_SPIKE not in types_at_close(watch)


@pytest.mark.parametrize(
    "watch",
    [
        pytest.param(learned(windows=5), id="hardly known"),
        pytest.param(learned(Thresholds(rules_only=True)), id="by limits alone"),
    ],
)
def test_nothing_is_told_early_of(watch: Watch) -> None:
    assert watch.take_in([at(n, **FAILED) for n in range(50)]) == []
    assert AnomalyType.ERROR_SPIKE in types_at_close(watch)


def told(batches: Sequence[Sequence[LogEntry]]) -> set[str]:
    watch = learned()
    found: list[Anomaly] = []
    for batch in batches:
        found += watch.take_in(batch)
    found += watch.tick(NOON + timedelta(seconds=60) + LATENESS)
    ids = [anomaly.anomaly_id for anomaly in found]
    assert len(ids) == len(set(ids))
    return set(ids)


@given(st.lists(st.booleans(), min_size=60, max_size=60), st.integers(1, 60), RANDOM)
def test_a02_early_or_at_the_end_the_same_windows_stray(
    failures: list[bool], cut: int, chance: Random
) -> None:
    entries = [at(n, **(FAILED if failed else {})) for n, failed in enumerate(failures)]
    at_once = told([entries])
    shuffled = chance.sample(entries, len(entries))
    assert told([shuffled[:cut], shuffled[cut:]]) == at_once
    assert told([[entry] for entry in shuffled[:cut]] + [shuffled[cut:]]) == at_once
