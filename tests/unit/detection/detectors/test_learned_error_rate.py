import json
from collections.abc import Iterator

import pytest

from vigil.detection.detectors.learned_error_rate import LearnedErrorRate

HOUR, DAY = 3600, 86_400
NEWS = 0.5  # one in a million

Counts = Iterator[tuple[int, int, int]]


def steady(minutes: int, failed: int = 2, total: int = 200) -> Counts:
    """The same in each minute."""
    for minute in range(minutes):
        yield failed, total, 60 * minute


def bad_at_three() -> Counts:
    """A week in which one request in a hundred fails, and one in five between three and four."""
    for minute in range(7 * 1440):
        yield (20 if minute // 60 % 24 == 3 else 1), 100, 60 * minute


def breathing() -> Counts:
    """Three days whose rate swings slowly between a third and three times its mean."""
    swing = [1, 1, 2, 3, 4, 6, 4, 3, 2, 1]
    for minute in range(3 * 1440):
        yield swing[minute // 20 % 10], 200, 60 * minute


def twenty_a_day() -> Counts:
    """One request in 72 minutes for thirty days; one in ten fails."""
    for number in range(600):
        yield int(number % 10 == 9), 1, 72 * 60 * number


def after(counts: Counts) -> LearnedErrorRate:
    detector = LearnedErrorRate()
    for failed, total, at in counts:
        detector.learn_one(failed, total, at)
    return detector


@pytest.mark.parametrize("counts", [steady(2880), breathing(), twenty_a_day(), bad_at_three()])
def test_what_is_usual_is_no_news(counts: Counts) -> None:
    detector = LearnedErrorRate()
    highest = 0.0
    for failed, total, at in counts:
        if at > DAY:
            highest = max(highest, detector.score_one(failed, total, at))
        detector.learn_one(failed, total, at)
    assert highest < NEWS


@pytest.mark.parametrize(
    ("failed", "total", "news"),
    [
        pytest.param(0, 200, False, id="none failed"),
        pytest.param(5, 200, False, id="somewhat more than usual"),
        pytest.param(50, 200, True, id="a quarter"),
        pytest.param(1, 1, False, id="one of one"),
        pytest.param(2, 2, False, id="two of two"),
        pytest.param(8, 8, True, id="eight of eight"),
    ],
)
def test_one_window(failed: int, total: int, news: bool) -> None:
    detector = after(steady(1440))
    assert (detector.score_one(failed, total, DAY) >= NEWS) is news


def test_what_each_hour_has_shown_is_usual_at_that_hour_alone() -> None:
    detector = after(bad_at_three())
    week = 7 * DAY
    assert detector.score_one(20, 100, week + 3 * HOUR + HOUR // 2) < NEWS
    assert detector.score_one(20, 100, week + 15 * HOUR) >= NEWS
    assert detector.usual(week + 15 * HOUR) == pytest.approx(0.01, rel=0.2)


def test_none_of_three_hundred_does_not_mean_never() -> None:
    detector = after(steady(30, 0, 10))
    assert 0.0005 < detector.usual(1800) < 0.005
    assert detector.score_one(2, 100, 1800) < NEWS


def test_nothing_is_said_before_enough_has_been_seen() -> None:
    detector = after(steady(5))
    assert not detector.ready
    assert detector.score_one(200, 200, 300) == 0.0


def test_a_modest_rise_that_lasts_is_found_in_some_windows() -> None:
    detector = after(steady(2880, 1, 50))
    alone, scores = detector.score_one(4, 50, 2 * DAY), []
    for minute in range(12):
        scores.append(detector.score_one(4, 50, 2 * DAY + 60 * minute))
        detector.learn_one(4, 50, 2 * DAY + 60 * minute)
    assert alone < NEWS <= max(scores)


def test_it_is_over_with_the_first_window_that_is_well() -> None:
    detector = after(steady(1440))
    for minute in range(5):
        detector.learn_one(60, 200, DAY + 60 * minute)
    assert detector.score_one(2, 200, DAY + 300) == 0.0


def test_trouble_is_usual_after_it_has_lasted_but_not_before() -> None:
    detector = after(steady(1440))
    fires = []
    for minute in range(240):
        at = DAY + 60 * minute
        fires.append(detector.score_one(30, 200, at) >= NEWS)
        detector.learn_one(30, 200, at)
    assert all(fires[:30])
    assert not fires[-1]


def test_above_the_ceiling_nothing_is_ever_usual() -> None:
    detector = LearnedErrorRate(ceiling=0.2)
    for failed, total, at in steady(2880, 120, 200):
        detector.learn_one(failed, total, at)
    assert detector.usual(2 * DAY) == 0.2
    assert detector.score_one(120, 200, 2 * DAY) >= NEWS


def test_a_slow_ramp_moves_what_is_usual_by_little_and_is_told_at_the_ceiling() -> None:
    """D31: errors rise by a tenth an hour for two days, from 1 % on."""
    detector = LearnedErrorRate(ceiling=0.1)
    for failed, total, at in steady(5 * 1440):
        detector.learn_one(failed, total, at)
    usual, told_at = {}, 1.0
    for minute in range(40 * 60):
        at, rate = 5 * DAY + 60 * minute, 0.01 * 1.1 ** (minute / 60)
        failed = round(200 * rate)
        usual[minute] = detector.usual(at)
        if detector.score_one(failed, 200, at) >= NEWS:
            told_at = min(told_at, rate)
        detector.learn_one(failed, 200, at)
    assert usual[24 * 60 - 1] < 0.04, "where it is 0.1"
    assert told_at < 0.25


def test_a_reading_says_what_is_usual_and_since_when() -> None:
    detector = after(steady(1440))
    read = detector.read_one(50, 200, DAY)
    assert (read.failed, read.total, read.windows) == (50, 200, 1)
    assert read.usual == pytest.approx(0.01, rel=0.1)
    assert read.chance < 1e-6
    assert detector.since == 0


def test_scoring_changes_nothing_and_a_round_trip_neither() -> None:
    detector = after(breathing())
    before = json.dumps(detector.to_json())
    detector.score_one(50, 200, 3 * DAY)
    assert json.dumps(detector.to_json()) == before
    again = LearnedErrorRate.from_json(json.loads(before))
    assert json.dumps(again.to_json()) == before
    for each in (detector, again):
        each.learn_one(7, 200, 3 * DAY)
    assert again.to_json() == detector.to_json()
    assert len(before) < 1200
