"""What the detector of all aspects of a series tells, and how."""

import json
from functools import cache

import pytest

from tests.number_series import DAY, STEP, daily_rhythm, usual
from vigil.detection.chance import chance_of, score_of
from vigil.detection.detectors.hush import Hush
from vigil.detection.detectors.record import Record
from vigil.detection.detectors.series_detector import SeriesDetector

# What has this score is told of.
TOLD = score_of(4e-6)
DAYS = 9


@cache
def _learned() -> str:
    detector = SeriesDetector()
    for at, value in daily_rhythm(DAYS):
        detector.learn_one(value, at)
    return json.dumps(detector.to_json())


def learned() -> SeriesDetector:
    """Return a detector that knows the rhythm of DAYS."""
    return SeriesDetector.from_json(json.loads(_learned()))


@pytest.mark.parametrize("value", [pytest.param(9.0, id="up"), pytest.param(1.0, id="down")])
def test_a_single_spike_is_seen(value: float) -> None:
    at = DAYS * DAY
    assert learned().score_one(value, at) > 0.5


def test_a_burst_is_told_once_and_again_when_it_becomes_worse() -> None:
    detector = learned()
    told = []
    for number, value in enumerate([9.0, 9.0, 9.0, 90.0, 90.0, 9.0]):
        at = DAYS * DAY + number * STEP
        told.append(detector.score_one(value, at) > TOLD)
        detector.learn_one(value, at)
    assert told == [True, False, False, True, False, False]


def test_an_incident_does_not_hide_the_next() -> None:
    detector = learned()
    detector.learn_one(30.0, DAYS * DAY)
    for at in range(DAYS * DAY + STEP, (DAYS + 1) * DAY, STEP):
        detector.learn_one(usual(at), at)
    assert detector.score_one(30.0, (DAYS + 1) * DAY) > TOLD


ASPECTS = [aspect.name for aspect, _ in SeriesDetector()._watched]
ODD: dict[str, list[float]] = {
    "value": [9.0],
    "spike_density": [usual(number * STEP) + 2.0 * (number % 2) for number in range(20)],
    "lasting_deviation": [usual(number * STEP) + 0.4 for number in range(120)],
    "daily_profile": [usual(number * STEP) - 1.0 for number in range(2)],
}


@pytest.mark.parametrize("name", ASPECTS)
def test_each_aspect_shows_what_it_is_there_for(name: str) -> None:
    detector = SeriesDetector()
    aspect = dict(zip(ASPECTS, [each for each, _ in detector._watched], strict=True))[name]
    shown = []
    odd = [(DAYS * DAY + number * STEP, value) for number, value in enumerate(ODD[name])]
    for at, value in [*daily_rhythm(DAYS), *odd]:
        shown.append(abs(aspect.look(value, at)))
        detector.learn_one(value, at)
    # On the first days the profile is still being learned.
    assert max(shown[-len(odd) :]) > 1.3 * max(shown[3 * DAY // STEP : -len(odd)])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(9.0, "farthest above the usual of this time of day in 9 days", id="above"),
        pytest.param(1.0, "farthest below the usual of this time of day in 9 days", id="below"),
        pytest.param(5.0, "", id="usual"),
    ],
)
def test_what_strays_is_said_in_words(value: float, reason: str) -> None:
    assert learned().reason(value, DAYS * DAY) == reason


def test_the_band_of_what_is_usual_follows_the_time_of_day() -> None:
    detector = learned()
    for at in range(DAYS * DAY, (DAYS + 1) * DAY, 7200):
        low, middle, high = detector.usual(at) or (0.0, 0.0, 0.0)
        assert low < usual(at) < high
        assert middle == pytest.approx(usual(at), abs=0.2)


def test_there_is_no_band_before_anything_was_seen() -> None:
    assert SeriesDetector().usual(0) is None


def test_one_odd_thing_told_often_is_told_with_less_weight() -> None:
    hush = Hush()
    first = hush.heard(5.0)
    for _ in range(9):
        hush.learn(5.0)
        for _ in range(60):
            hush.learn(0.0)
    assert first == 5.0
    assert hush.heard(5.0) == pytest.approx(4.5)


def test_a_constant_that_moved_is_no_news_for_long() -> None:
    record = Record()
    for _ in range(500):
        record.learn(0.0, 0.001, whole=True)
    assert record.chance(100.0, 0.001) < 1e-6
    for _ in range(20):
        record.learn(100.0, 0.001)
    assert record.chance(100.0, 0.001) > 1e-3


@pytest.mark.parametrize("chance", [1.0, 0.5, 1e-3, 1e-6, 1e-40])
def test_a_score_tells_its_chance(chance: float) -> None:
    assert chance_of(score_of(chance)) == pytest.approx(chance)
