from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from tests.backtests import (
    DAWN,
    MINUTE,
    SHOP,
    failure,
    minutes_of_payments,
    raw,
    result,
    run,
    spell,
)
from vigil.detection.reading import ERROR_RATE, REQUESTS
from vigil.detection.warm_up import Subject
from vigil.errors import InvalidRequest
from vigil.local.backtest.comparison import Side, compare, count
from vigil.local.backtest.report import as_html
from vigil.local.backtest.run import Backtest, Result
from vigil.local.backtest.settings import Configuration
from vigil.local.backtest.spells import Spell
from vigil.local.backtest.summary_json import as_json
from vigil.local.backtest.words import ready_words
from vigil.local.raw_entry import RawEntry
from vigil.model.anomaly import AnomalyType
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

FAILING = range(20, 23)
OUTAGE = minutes_of_payments(40, failing=FAILING)
# The fixed limits stay as they are while what is learned changes.
RULES = Thresholds(rules_only=True)


def outcome_of(entries: list[dict[str, object]], *thresholds: Thresholds, tick: int = 10) -> Result:
    configurations = [
        Configuration(f"{number}.yaml", each) for number, each in enumerate(thresholds or (RULES,))
    ]
    backtest = Backtest(configurations, tick=timedelta(seconds=tick))
    backtest.feed(raw(entries))
    return backtest.finish()


def of_type(spells: list[Spell] | Any, kind: AnomalyType) -> list[Spell]:
    return [each for each in spells if each.anomaly_type is kind]


def test_an_outage_is_found_with_when_it_began_when_it_is_told_and_how_long_it_lasts() -> None:
    [only] = outcome_of(OUTAGE).runs

    [spike] = of_type(only.spells, AnomalyType.ERROR_SPIKE)
    assert spike.series == SHOP
    assert (spike.first_window_at, spike.lasted) == (DAWN + 20 * MINUTE, 3 * MINUTE)
    # A window is judged half a minute after its end.
    assert spike.told_at == DAWN + 21 * MINUTE + timedelta(seconds=30)
    assert only.covered == timedelta(minutes=40)


def test_what_was_learned_finds_it_too() -> None:
    [only] = outcome_of(OUTAGE, Thresholds()).runs

    spikes = of_type(only.spells, AnomalyType.ERROR_SPIKE)
    assert DAWN + 20 * MINUTE <= spikes[0].told_at <= DAWN + 22 * MINUTE


def test_nothing_is_found_where_nothing_strays() -> None:
    [only] = outcome_of(minutes_of_payments(40), Thresholds()).runs

    assert (only.count, only.anomalies, only.late) == (0, 0, 0)


def test_the_end_says_how_far_each_series_has_been_learned() -> None:
    """In the words of the terminal, of the page and for programs."""
    learned = outcome_of(minutes_of_payments(40), Thresholds(), RULES)
    first, limits = learned.runs

    assert (first.learning, limits.learning) == (1, 0)
    assert first.ready[Subject.ERRORS] == first.ready[Subject.SLOW_REQUESTS] == (1, 1)
    assert first.ready[Subject.SILENCE] == (0, 1)
    words = "errors 1 of 1, server errors 1 of 1, slow requests 1 of 1"
    assert ready_words(first).startswith(f"ready: {words}")
    assert (ready_words(limits), limits.ready) == ("", {})
    page = as_html(learned, ["a"], 1.0)
    assert f"A ready: {words}" in page
    assert "; B nothing was learned" in page
    configurations = orjson.loads(as_json(learned, 1.0))["configurations"]
    assert configurations[0]["ready"]["errors"] == {"ready": 1, "of": 1}
    assert (configurations[0]["learning"], configurations[1]["ready"]) == (1, {})


def test_entries_are_counted_by_what_became_of_them() -> None:
    backtest = Backtest([Configuration("defaults", Thresholds())])
    entries = raw(OUTAGE)
    backtest.feed([*entries, *entries[-100:], RawEntry(b"{", 1), RawEntry(b"7", 1)])

    done = backtest.finish()

    assert (done.received, done.duplicate, done.invalid) == (902, 100, 2)
    assert (done.first_at, done.last_at) == (DAWN, DAWN + timedelta(minutes=39, seconds=57))


def test_what_was_read_before_a_file_broke_off_is_judged() -> None:
    def broken() -> Iterator[RawEntry]:
        yield from raw(OUTAGE)
        raise InvalidRequest("it broke off")

    backtest = Backtest([Configuration("defaults", RULES)])
    with pytest.raises(InvalidRequest):
        backtest.feed(broken())

    assert of_type(backtest.finish().runs[0].spells, AnomalyType.ERROR_SPIKE)


def test_nothing_read_is_nothing_found() -> None:
    done = outcome_of([])

    assert (done.received, done.first_at, done.runs[0].count) == (0, None, 0)


def test_an_entry_out_of_its_window_is_late_and_changes_nothing() -> None:
    stragglers = [failure(DAWN + MINUTE, 10_000 + number) for number in range(50)]

    [only] = outcome_of([*minutes_of_payments(40), *stragglers]).runs

    assert (only.late, only.count) == (50, 0)


def test_one_entry_from_the_future_does_not_judge_the_others_too_early() -> None:
    calm = minutes_of_payments(40)
    calm.insert(100, failure(DAWN + timedelta(hours=20), 10_000))

    assert outcome_of(calm).runs[0].late == 0


@pytest.mark.parametrize("tick", [1, 60])
def test_the_tick_changes_only_when_it_is_told(tick: int) -> None:
    [usual], [other] = outcome_of(OUTAGE).runs, outcome_of(OUTAGE, tick=tick).runs

    assert [(each.kind, each.windows) for each in other.spells] == [
        (each.kind, each.windows) for each in usual.spells
    ]
    assert all(each.told_at.timestamp() % tick == 0 for each in other.spells)


def test_a_configuration_sees_what_it_would_see_alone() -> None:
    loose = Thresholds(rules_only=True, error_rate=1.0, repeated_errors=1000)

    both = outcome_of(OUTAGE, RULES, loose)
    alone = [outcome_of(OUTAGE, RULES), outcome_of(OUTAGE, loose)]

    for together, single in zip(both.runs, alone, strict=True):
        assert together.spells == single.runs[0].spells


def test_every_window_is_read_with_its_values() -> None:
    traces = outcome_of(OUTAGE).runs[0].traces.of(SHOP)

    assert [point.value for point in traces[REQUESTS]] == [20.0] * 40
    rates = [point.value for point in traces[ERROR_RATE]]
    assert [minute for minute, rate in enumerate(rates) if rate] == [*FAILING]


def test_days_on_which_nothing_was_found_are_days_too() -> None:
    days = [run(minutes=3 * 24 * 60, spells=[spell(1500)]).by_day]

    assert days == [{"2026-03-02": 0, "2026-03-03": 1, "2026-03-04": 0}]


def test_a_pace_is_told_only_of_spans_that_are_covered() -> None:
    short, long = run([spell()], minutes=90), run([spell(), spell(50)], minutes=4 * 24 * 60)

    assert short.each(timedelta(days=1)) is None
    assert short.each(timedelta(hours=1)) == pytest.approx(2 / 3)
    assert long.each(timedelta(days=1)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("a", "b", "sides"),
    [
        pytest.param([spell(1, 3)], [spell(1, 3)], [Side.BOTH], id="the same"),
        pytest.param([spell(1, 3)], [spell(3, 5)], [Side.BOTH], id="overlapping"),
        pytest.param([spell(1, 3)], [spell(4, 5)], [Side.BOTH], id="touching"),
        pytest.param([spell(1)], [spell(3)], [Side.BOTH], id="a window between them"),
        pytest.param([spell(1)], [spell(4)], [Side.ONLY_A, Side.ONLY_B], id="farther apart"),
        pytest.param([spell(1, 9)], [spell(2), spell(6)], [Side.BOTH], id="one and several"),
        pytest.param([spell(1)], [], [Side.ONLY_A], id="nothing in b"),
        pytest.param([], [spell(1), spell(9)], [Side.ONLY_B] * 2, id="nothing in a"),
        pytest.param(
            [spell(1)],
            [spell(1, series=Series("shop"))],
            [Side.ONLY_B, Side.ONLY_A],
            id="another series",
        ),
        pytest.param(
            [spell(1)],
            [spell(1, anomaly_type=AnomalyType.LATENCY_INCREASE)],
            [Side.ONLY_A, Side.ONLY_B],
            id="another type",
        ),
    ],
)
def test_findings_of_two_configurations_are_matched(
    a: list[Spell], b: list[Spell], sides: list[Side]
) -> None:
    matches = compare(run(a), run(b))

    assert [match.side for match in matches] == sides
    assert sum(count(matches).values()) == len(sides)
    assert sorted([each for match in matches for each in match.a], key=str) == sorted(a, key=str)
    assert sorted([each for match in matches for each in match.b], key=str) == sorted(b, key=str)


def test_a_match_says_how_much_earlier_the_second_one_is() -> None:
    soon = spell(1, told_at=DAWN + timedelta(seconds=70))
    [match] = compare(run([spell(1)]), run([soon]))
    [lonely] = compare(run([spell(1)]), run())

    assert match.earlier == timedelta(seconds=80)
    assert lonely.earlier is None


def keys_of(plain: object) -> object:
    """Return the names in a plain value, and in the first of each list."""
    if isinstance(plain, dict):
        return {name: keys_of(value) for name, value in plain.items()}
    return [keys_of(each) for each in plain[:1]] if isinstance(plain, list) else None


FOUND = dict.fromkeys(
    (
        *("service", "endpoint", "type", "severity", "confidence", "description", "example"),
        *("started_at", "told_at", "ended_at", "windows"),
    )
)
CONFIGURATION = {
    **dict.fromkeys(("name", "late", "series", "learning", "covered_hours", "anomalies")),
    **dict.fromkeys(("findings", "findings_per_day", "findings_per_hour")),
    "changed": {},
    "ready": {},
    "by_day": {"2026-03-02": None},
    "by_type": {"error_spike": None},
    "found": [FOUND],
}
SHAPE = dict.fromkeys(
    ["received", "duplicate", "invalid", "first_at", "last_at", "seconds", "entries_per_second"]
) | {"configurations": [CONFIGURATION], "comparison": None}


def test_the_json_has_one_shape() -> None:
    alone = orjson.loads(as_json(result(run([spell()])), 2.0))
    compared = orjson.loads(as_json(result(run([spell()]), run([spell(), spell(30)])), 2.0))

    assert keys_of(alone) == SHAPE
    assert {**compared, "comparison": None}.keys() == SHAPE.keys()
    assert keys_of(compared["comparison"]) == {
        **dict.fromkeys(["both", "only_a", "only_b"]),
        "found": [{"side": None, "a": [FOUND], "b": [FOUND], "b_earlier_seconds": None}],
    }
    assert [compared["comparison"][side.value] for side in Side] == [1, 0, 1]


def test_the_json_of_nothing_is_json() -> None:
    empty = orjson.loads(as_json(outcome_of([]), 0.0))

    assert empty["received"] == 0
    assert (empty["first_at"], empty["entries_per_second"]) == (None, 0.0)
    assert empty["configurations"][0]["findings_per_day"] is None
