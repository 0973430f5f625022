import json
from collections.abc import Callable, Iterator

import pytest

from vigil.detection.detectors.volume import Volume

HOUR, DAY = 3600, 86_400
MONDAY = 4 * DAY  # 1970 began on a Thursday
NEWS = 0.5  # one in a million

Counts = Iterator[tuple[int, int]]
# Out of step with hours and days.
_WOBBLE = (0, 3, -4, 7, -2, -6, 5, 1, -3, 4, -5)


def constant(days: int = 2) -> Counts:
    for minute in range(1440 * days):
        yield 60, MONDAY + 60 * minute


def by_day_and_week() -> Counts:
    """Three weeks: ten times as many at noon as at midnight, half of that on weekends."""
    for minute in range(21 * 1440):
        at = MONDAY + 60 * minute
        noon = 1.0 - abs(at % DAY - DAY / 2) / (DAY / 2)
        weekend = 0.5 if (at // DAY + 3) % 7 >= 5 else 1.0
        usual = (10 + 90 * noon) * weekend
        yield round(usual + _WOBBLE[minute % 11] * usual / 40), at


def at_full_hours() -> Counts:
    """Ten days of a job that calls eighty times in each of the first three minutes of an hour."""
    for hour in range(240):
        for minute in range(3):
            yield 80 + _WOBBLE[hour % 11], MONDAY + HOUR * hour + 60 * minute


def twenty_a_day() -> Counts:
    for number in range(400):
        yield 1, MONDAY + 60 * (72 * number + 5 * _WOBBLE[number % 11])


def slowly_doubling() -> Counts:
    """Twice as many within a week."""
    for minute in range(9 * 1440):
        yield 60 + minute * 60 // (7 * 1440) + _WOBBLE[minute % 11], MONDAY + 60 * minute


def after(counts: Counts) -> Volume:
    volume = Volume()
    for count, at in counts:
        volume.learn_one(count, at)
    return volume


@pytest.mark.parametrize(
    "counts", [constant, by_day_and_week, at_full_hours, twenty_a_day, slowly_doubling]
)
def test_what_is_usual_is_no_news_after_a_day(counts: Callable[[], Counts]) -> None:
    volume = Volume()
    highest = 0.0
    for count, at in counts():
        if at >= MONDAY + DAY:
            highest = max(highest, volume.score_one(count, at))
        volume.learn_one(count, at)
    assert highest < NEWS


@pytest.mark.parametrize(
    ("count", "direction"),
    [
        pytest.param(50, None, id="a little less"),
        pytest.param(85, None, id="less than half as many again"),
        pytest.param(5, "down", id="a tenth"),
        pytest.param(0, "down", id="none"),
        pytest.param(240, "up", id="four times"),
    ],
)
def test_one_window(count: int, direction: str | None) -> None:
    volume = after(constant())
    read = volume.read_one(count, MONDAY + 2 * DAY)
    news = volume.score_one(count, MONDAY + 2 * DAY) >= NEWS
    assert (read.direction if news else None) == direction


def test_half_as_many_are_found_within_some_windows_but_not_in_one() -> None:
    volume = after(constant())
    scores = []
    for minute in range(16):
        at = MONDAY + 2 * DAY + 60 * minute
        scores.append(volume.score_one(30, at))
        volume.learn_one(30, at)
    assert scores[0] < NEWS <= max(scores)


def test_few_at_noon_are_news_and_as_many_at_midnight_are_not() -> None:
    volume = after(by_day_and_week())
    monday = MONDAY + 21 * DAY
    assert volume.usual(monday) == pytest.approx(12, rel=0.2)
    assert volume.score_one(12, monday) < NEWS
    assert volume.score_one(12, monday + DAY // 2) >= NEWS


def test_it_is_over_with_the_first_window_that_is_well() -> None:
    volume = after(constant())
    for minute in range(10):
        volume.learn_one(10, MONDAY + 2 * DAY + 60 * minute)
    assert volume.score_one(60, MONDAY + 2 * DAY + 600) == 0.0


def test_a_gap_in_which_nothing_was_heard_changes_little() -> None:
    volume = after(constant(7))
    back = MONDAY + 7 * DAY + 3 * HOUR
    assert volume.score_one(60, back) < NEWS
    volume.learn_one(60, back)
    assert volume.usual(back + 60) == pytest.approx(60, rel=0.25)


def test_a_new_level_is_usual_after_it_has_lasted() -> None:
    volume = after(constant())
    fires = []
    for minute in range(600):
        at = MONDAY + 2 * DAY + 60 * minute
        fires.append(volume.score_one(400, at) >= NEWS)
        volume.learn_one(400, at)
    assert all(fires[:25])
    assert not any(fires[-60:])


def test_nothing_is_said_in_the_first_hours() -> None:
    volume = Volume()
    for minute in range(200):
        assert volume.score_one(1000, 60 * minute) == 0.0
        volume.learn_one(60, 60 * minute)
    assert not volume.ready


def test_scoring_changes_nothing_and_a_round_trip_neither() -> None:
    volume = after(by_day_and_week())
    before = json.dumps(volume.to_json())
    volume.score_one(500, MONDAY + 22 * DAY)
    assert json.dumps(volume.to_json()) == before
    again = Volume.from_json(json.loads(before))
    assert json.dumps(again.to_json()) == before
    for each in (volume, again):
        each.learn_one(7, MONDAY + 22 * DAY)
    assert again.to_json() == volume.to_json()
    assert len(before) < 1200
