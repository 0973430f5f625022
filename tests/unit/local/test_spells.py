from dataclasses import replace
from datetime import timedelta

from tests.backtests import DAWN, MINUTE
from tests.builders import anomaly
from vigil.local.backtest.spells import Spell, Spells
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.severity import Severity

LATE = timedelta(seconds=90)


def at(minute: int, **changes: object) -> Anomaly:
    start = DAWN + minute * MINUTE
    return anomaly(window_started_at=start, started_at=start, detected_at=start + MINUTE, **changes)


def folded(*anomalies: Anomaly, most: int = 100) -> list[Spell]:
    spells = Spells(MINUTE, most=most)
    for each in anomalies:
        spells.add(each, each.window_started_at + LATE)
    return spells.all()


def test_windows_in_a_row_are_one_finding_with_a_duration() -> None:
    [spell] = folded(at(0), at(1), at(2))

    assert (spell.windows, spell.lasted) == (3, 3 * MINUTE)
    assert (spell.started_at, spell.told_at, spell.ended_at) == (
        DAWN,
        DAWN + LATE,
        DAWN + 3 * MINUTE,
    )


def test_a_finding_goes_on_over_one_quiet_window_and_not_over_two() -> None:
    assert [spell.windows for spell in folded(at(0), at(2))] == [2]
    assert [spell.windows for spell in folded(at(0), at(3))] == [1, 1]


def test_other_series_and_types_are_other_findings() -> None:
    slow = at(0, anomaly_type=AnomalyType.LATENCY_INCREASE)

    assert len(folded(at(0), at(0, endpoint="GET /"), slow, at(0, service="other"))) == 4


def test_the_gravest_window_speaks_for_all() -> None:
    mild = at(0, severity=Severity.MEDIUM, confidence=0.99, description="mild")
    grave = at(1, severity=Severity.CRITICAL, confidence=0.8, description="grave")
    surer = at(2, severity=Severity.CRITICAL, confidence=0.9, description="surer")

    [spell] = folded(mild, grave, surer, at(3, severity=Severity.LOW))

    assert (spell.severity, spell.confidence, spell.description) == ("critical", 0.9, "surer")
    assert spell.told_at == DAWN + LATE


def test_what_is_told_before_its_window_is_over_is_told_then() -> None:
    spells = Spells(MINUTE)
    spells.add(at(0), DAWN + timedelta(seconds=5))
    spells.add(at(1), DAWN + MINUTE + LATE)

    assert [spell.told_at for spell in spells.all()] == [DAWN + timedelta(seconds=5)]


def test_findings_are_listed_in_the_order_in_which_they_are_told() -> None:
    found = folded(at(5), at(0, endpoint="GET /"), at(9))

    assert [spell.told_at for spell in found] == sorted(spell.told_at for spell in found)


def test_so_many_are_kept_and_the_others_are_counted() -> None:
    spells = Spells(MINUTE, most=3)
    for minute in range(0, 50, 5):
        spells.add(at(minute), DAWN)

    assert len(spells.all()) == 3
    assert (spells.anomalies, spells.left_out) == (10, 7)


def test_those_that_go_on_at_the_end_are_left_out_too_if_there_is_no_room() -> None:
    spells = Spells(MINUTE, most=2)
    for endpoint in "abcd":
        spells.add(replace(at(0), endpoint=endpoint), DAWN)

    assert (len(spells.all()), spells.left_out) == (2, 2)
