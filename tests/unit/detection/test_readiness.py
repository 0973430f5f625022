"""How far a series has been learned, through its life."""

import re
from dataclasses import replace

import pytest

from tests.learned_series import BEGAN, REQUESTS, USUAL, judged_state, learned
from tests.repository.tree import ROOT
from vigil.detection.baseline import Baseline
from vigil.detection.learning import Learning
from vigil.detection.readiness import SeriesReadiness, readiness_of
from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import doubled
from vigil.detection.template_count import TemplateCount
from vigil.detection.warm_up import Need, Subject, WarmUp
from vigil.detection.window import Window
from vigil.errors import PermanentError
from vigil.model.duration_sketch import duration_bucket
from vigil.model.tenant import Thresholds

START = int(BEGAN.timestamp())
HALF_AN_HOUR, HOUR, DAY = 30, 60, 1440
LINES = Window(entries=20)
# Two lines that always come together.
PAIR = {text: TemplateCount(text, 10, 0, 0, 0) for text in ("asked", "answered")}
SOON = {
    Subject.ERRORS,
    Subject.SERVER_ERRORS,
    Subject.SLOW_REQUESTS,
    Subject.ERROR_LINES,
}


def after(known: Baseline, minutes: int) -> ServiceState:
    return judged_state({"GET /": known}, minutes)


def only(state: ServiceState, thresholds: Thresholds = USUAL) -> SeriesReadiness:
    [series] = readiness_of(state, thresholds)
    return series


def waits(series: SeriesReadiness) -> dict[str, str]:
    return {each.subject.value: each.waits_for for each in series.warm_ups if not each.ready}


def ready(series: SeriesReadiness) -> set[Subject]:
    return {each.subject for each in series.warm_ups if each.ready}


@pytest.fixture(scope="module")
def life() -> dict[int, SeriesReadiness]:
    """Return how far a busy series has been learned after so many minutes."""
    known: Baseline | None = None
    before, found = 0, dict[int, SeriesReadiness]()
    for age in (1, HALF_AN_HOUR - 1, HOUR, 4 * HOUR + 1, DAY, 4 * DAY, 7 * DAY):
        known = learned(range(before, age), after=known)
        found[age] = only(after(known, age))
        before = age
    return found


def test_a_series_whose_first_window_is_open_waits_for_everything() -> None:
    later = {START + 60: {"GET /": REQUESTS}, START: {"GET /": REQUESTS}}
    series = only(replace(judged_state({}, 0), windows=later))
    assert (series.service, series.endpoint, series.since) == ("shop", "GET /", BEGAN)
    assert (series.windows, series.samples, series.ready) == (0, 0, False)
    assert waits(series) == {
        "errors": "0 of 30 windows, 0 of 100 entries",
        "error_lines": "0 of 30 windows, 0 of 1,000 entries",
        "refusals": "0 of 30 windows",
    }


def test_after_a_window_it_says_how_far_each_side_is(life: dict[int, SeriesReadiness]) -> None:
    series = life[1]
    assert (series.since, series.windows, series.samples) == (BEGAN, 1, 20)
    assert waits(series) == {
        "errors": "1 of 30 windows, 20 of 100 entries",
        "server_errors": "1 of 30 windows, 20 of 100 requests",
        # The first window is what the limit of slow requests is made of.
        "slow_requests": "0 of 30 windows, 0 of 100 requests",
        "error_lines": "1 of 30 windows, 20 of 1,000 entries",
        "refusals": "1 of 30 windows",
        "silence": "0 of 240 windows, 1 of 10 windows with requests",
        "requests": "0 of 240 windows, 0 of 24 hours",
        "hour_of_day": "0 of 1 hours seen on 3 days, 1 of 30 windows without a pause",
        "median_latency": "1 of 300 windows, 0 of 7 days",
    }


@pytest.mark.parametrize(
    ("age", "learned", "still"),
    [
        pytest.param(HALF_AN_HOUR - 1, set(), "29 of 30 windows", id="just not half an hour"),
        pytest.param(HOUR, {*SOON, Subject.REFUSALS}, "", id="an hour"),
        pytest.param(4 * HOUR + 1, {*SOON, Subject.REFUSALS, Subject.SILENCE}, "", id="four hours"),
        pytest.param(
            DAY, {*SOON, Subject.REFUSALS, Subject.SILENCE, Subject.REQUESTS}, "", id="a day"
        ),
        pytest.param(
            4 * DAY,
            {*SOON, Subject.REFUSALS, Subject.SILENCE, Subject.REQUESTS, Subject.HOUR_OF_DAY},
            "",
            id="four days",
        ),
    ],
)
def test_what_is_ready_grows_with_its_age(
    life: dict[int, SeriesReadiness], age: int, learned: set[Subject], still: str
) -> None:
    assert ready(life[age]) == learned
    assert waits(life[age]).get("errors", "") == still
    assert not life[age].ready


def test_what_takes_days_says_how_many_have_passed(life: dict[int, SeriesReadiness]) -> None:
    assert waits(life[DAY]) == {
        "hour_of_day": "0 of 23 hours seen on 3 days",
        "median_latency": "1 of 7 days",
    }
    assert waits(life[4 * DAY]) == {"median_latency": "4 of 7 days"}


def test_after_a_week_nothing_is_waited_for(life: dict[int, SeriesReadiness]) -> None:
    assert life[7 * DAY].ready
    assert waits(life[7 * DAY]) == {}
    subjects = [each.subject for each in life[7 * DAY].warm_ups]
    assert subjects == [each for each in Subject if each in subjects]


def test_of_a_log_without_requests_nothing_is_waited_for_that_needs_them() -> None:
    series = only(after(learned(range(60), LINES, lines=PAIR), 60))
    assert (series.windows, series.samples, series.ready) == (60, 0, True)
    assert ready(series) == {
        Subject.ERRORS,
        Subject.ERROR_LINES,
        Subject.REFUSALS,
        Subject.LOST_LINES,
    }


def test_lines_that_come_together_are_waited_for_once_they_did() -> None:
    series = only(after(learned(range(2), LINES, lines=PAIR), 2))
    assert waits(series)["lost_lines"] == "10 of 100 lines that come in pairs"


def test_waits_are_waited_for_once_a_caller_had_some() -> None:
    waited = REQUESTS._replace(waits={duration_bucket(2000): (4, 0)})
    series = only(after(learned(range(1), waited), 1))
    assert waits(series)["waits"] == "4 of 10 waits"
    series = only(after(learned(range(3), waited), 3))
    assert Subject.WAITS in ready(series)


def test_few_requests_take_longer_than_the_windows() -> None:
    rare = REQUESTS._replace(entries=1, requests=1, timed=1, latency_us=100_000)
    series = only(after(learned(range(60), rare), 60))
    assert waits(series)["errors"] == "60 of 100 entries"
    assert waits(series)["slow_requests"] == "50 of 100 requests"


def test_where_only_limits_judge_nothing_is_waited_for() -> None:
    limits = Thresholds(rules_only=True)
    state = after(learned(range(2), thresholds=limits), 2)
    series = only(state, limits)
    assert (series.windows, series.samples) == (2, 40)
    assert (series.warm_ups, series.ready) == ((), True)


def test_time_that_passes_in_silence_is_time_that_has_passed() -> None:
    known = learned(range(300))
    assert waits(only(after(known, 300)))["requests"] == "5 of 24 hours"
    assert Subject.REQUESTS in ready(only(after(known, DAY)))


def test_a_service_in_shards_has_the_readiness_of_a_whole_one() -> None:
    known = learned(range(31))
    baselines = {f"GET /{letter}": known for letter in "abcdefgh"}
    whole = replace(judged_state({}, 31), learning=Learning(baselines))
    parts = [readiness_of(part, USUAL) for part in doubled([whole]).values()]
    assert all(parts)
    assert sorted([each for part in parts for each in part]) == [*readiness_of(whole, USUAL)]


def test_a_service_of_which_nothing_is_known_has_no_series() -> None:
    assert readiness_of(ServiceState("shop"), USUAL) == ()


@pytest.mark.parametrize(
    "learning",
    [
        pytest.param(Learning.from_bytes(b"no state"), id="no state of ours"),
        pytest.param(Learning({"GET /": Baseline(0, detectors={"errors": [[1]]})}), id="cut"),
        pytest.param(Learning({"GET /": Baseline(0, detectors={"lines": None})}), id="emptied"),
    ],
)
def test_a_damaged_state_is_named_as_one(learning: Learning) -> None:
    with pytest.raises(PermanentError, match="has learned is damaged"):
        readiness_of(replace(judged_state({}, 1), learning=learning), USUAL)


def test_a_need_is_met_with_as_much_as_is_needed() -> None:
    needs = [Need(29, 30, "windows"), Need(100, 100, "entries")]
    warm_up = WarmUp(Subject.ERRORS, needs)
    assert (warm_up.ready, warm_up.waits_for) == (False, "29 of 30 windows")
    assert WarmUp(Subject.ERRORS, needs[1:]).ready


def test_the_page_on_detection_lists_each_subject_with_what_it_needs(
    life: dict[int, SeriesReadiness],
) -> None:
    page = (ROOT / "docs/detection.md").read_text().partition("### What has been learned")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", page, re.MULTILINE))
    assert list(rows) == [subject.value for subject in Subject]
    # How many hours of the day a series has to be known at is its own.
    shown = [each for each in life[1].warm_ups if each.subject is not Subject.HOUR_OF_DAY]
    for warm_up in shown:
        for need in warm_up.needs:
            assert f"{need.needed:,} " in rows[warm_up.subject].replace("(10)", "10")
