"""What every detector of a series of numbers must do; whoever adds one finds it here."""

import importlib
import inspect
import json
import pkgutil
import random
from functools import cache
from typing import Any

import pytest

from tests.number_series import DAY, QUIET, STEP, daily_rhythm, usual
from vigil.detection import detectors
from vigil.detection.chance import score_of
from vigil.detection.detectors.series_detector import SeriesDetector

# What has this score is told of.
TOLD = score_of(4e-6)
DAYS = 9
MOST_NUMBERS = 300


def _classes() -> list[type[Any]]:
    names = [module.name for module in pkgutil.iter_modules(detectors.__path__)]
    modules = [importlib.import_module(f"{detectors.__name__}.{name}") for name in names]
    return [
        each
        for module in modules
        for each in vars(module).values()
        if inspect.isclass(each) and each.__module__ == module.__name__
    ]


def _judges_numbers(each: type[Any]) -> bool:
    score_one = getattr(each, "score_one", None)
    return score_one is not None and list(inspect.signature(score_one).parameters) == [
        "self",
        "value",
        "at",
    ]


DETECTORS = [each for each in _classes() if _judges_numbers(each)]
every_detector = pytest.mark.parametrize(
    "kind", [pytest.param(each, id=each.__name__) for each in DETECTORS]
)


@cache
def _learned(name: str) -> str:
    """Return the state, as JSON, of a detector that knows the rhythm of DAYS."""
    detector = {each.__name__: each for each in DETECTORS}[name]()
    for at, value in daily_rhythm(DAYS):
        detector.learn_one(value, at)
    return json.dumps(detector.to_json())


def learned(kind: type[Any]) -> Any:
    """Return a detector that knows the rhythm of DAYS."""
    return kind.from_json(json.loads(_learned(kind.__name__)))


def numbers_in(plain: object) -> int:
    """Return how many numbers plain values hold."""
    if isinstance(plain, list | tuple):
        return sum([numbers_in(each) for each in plain])
    return sum([numbers_in(each) for each in plain.values()]) if isinstance(plain, dict) else 1


def test_there_are_detectors_of_numbers() -> None:
    assert SeriesDetector in DETECTORS


@every_detector
@pytest.mark.parametrize("series", [pytest.param(each, id=each.__name__) for each in QUIET])
def test_says_nothing_of(series: Any, kind: type[Any]) -> None:
    detector = kind()
    highest = 0.0
    for at, value in series(2 * DAYS):
        highest = max(highest, detector.score_one(value, at))
        detector.learn_one(value, at)
    assert highest < TOLD


@every_detector
def test_sees_a_level_that_jumps_and_stays(kind: type[Any]) -> None:
    detector = learned(kind)
    highest = 0.0
    for at in range(DAYS * DAY, DAYS * DAY + 100 * STEP, STEP):
        value = usual(at) + 2.0
        highest = max(highest, detector.score_one(value, at))
        detector.learn_one(value, at)
    assert highest > TOLD


@every_detector
def test_goes_on_from_its_json_as_if_nothing_had_been(kind: type[Any]) -> None:
    detector, restored = learned(kind), learned(kind)
    chance = random.Random(4)
    for number in range(200):
        at = DAYS * DAY + number * STEP
        value = round(usual(at) + chance.gauss(0.0, 0.3), 4)
        assert restored.score_one(value, at) == pytest.approx(
            detector.score_one(value, at), abs=0.01
        )
        detector.learn_one(value, at)
        restored.learn_one(value, at)
        restored = kind.from_json(json.loads(json.dumps(restored.to_json())))


@every_detector
@pytest.mark.parametrize("value", [0.0, 5.0, 7.5, 1e9])
def test_scoring_changes_nothing(kind: type[Any], value: float) -> None:
    detector = learned(kind)
    before = detector.score_one(value, DAYS * DAY)
    assert detector.score_one(value, DAYS * DAY) == before
    assert json.dumps(detector.to_json()) == _learned(kind.__name__)


@every_detector
def test_a_score_is_between_zero_and_one_whatever_comes(kind: type[Any]) -> None:
    detector = kind()
    wild = [0.0, 1e12, -1e12, 1e-12, 5.0, 5.0, -3.0, 0.0, 1e300, -1e-300]
    for number in range(4000):
        at, value = number * DAY // 100, wild[number * 7919 % len(wild)]
        if abs(value) < 1e100 or number > 3900:
            assert 0.0 <= detector.score_one(min(value, 1e100), at) <= 1.0
            detector.learn_one(min(value, 1e100), at)
    assert "NaN" not in json.dumps(detector.to_json())


@every_detector
def test_its_state_stays_small(kind: type[Any]) -> None:
    detector = kind()
    chance = random.Random(5)
    for number in range(10_000):
        detector.learn_one(chance.lognormvariate(0.0, 3.0), number * STEP)
    assert numbers_in(detector.to_json()) <= MOST_NUMBERS


@every_detector
def test_nothing_is_said_while_nothing_is_known(kind: type[Any]) -> None:
    assert kind().score_one(1e6, 0) == 0.0


def test_every_aspect_is_looked_at() -> None:
    aspects = {each.name for each in _classes() if hasattr(each, "look") and hasattr(each, "name")}
    looked_at = {aspect.name for aspect, _ in SeriesDetector()._watched}
    assert aspects - {"Aspect"} == looked_at
