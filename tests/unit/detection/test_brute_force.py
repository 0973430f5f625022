"""Somebody who tries again and again is told of; a service where people mistype is quiet."""

from collections.abc import Mapping
from datetime import timedelta
from math import sin, tau
from random import Random

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.chance import score_of
from vigil.detection.detectors.brute_force import (
    FEWEST_BY_ALL,
    FEWEST_BY_ONE,
    RELEARN_AFTER,
    BruteForce,
)
from vigil.detection.detectors.usual_count import UsualCount
from vigil.detection.refusals import ATTEMPTS, NONE_REFUSED, Refusals
from vigil.detection.watch import Watch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

TOLD = 0.5
DAY = 1440


def refused(counts: Mapping[str, int], chosen: Random | None = None) -> Refusals:
    draw = chosen or Random(1)
    made = [source for source, count in counts.items() for _ in range(count)]
    attempts = sorted((f"{draw.getrandbits(32):08x}", source) for source in made)
    return Refusals(len(made), tuple(attempts[:ATTEMPTS]))


def crowd(size: int, chosen: Random) -> dict[str, int]:
    """Return that many people, one in four of whom tries twice."""
    return {f"{chosen.getrandbits(24):06x}": 1 + (chosen.random() < 0.25) for _ in range(size)}


def after(windows: list[Refusals]) -> BruteForce:
    detector = BruteForce()
    for window in windows:
        detector.learn_one(window)
    return detector


QUIET = after([refused({"a": 1} if minute % 20 == 0 else {}) for minute in range(200)])


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"x": FEWEST_BY_ONE - 1}, False, id="one source, one attempt too few"),
        pytest.param({"x": FEWEST_BY_ONE}, True, id="one source, just enough"),
        pytest.param(
            {f"{n}": 1 for n in range(FEWEST_BY_ALL - 1)}, False, id="nearly many sources"
        ),
        pytest.param({f"{n}": 1 for n in range(FEWEST_BY_ALL)}, True, id="many sources"),
        pytest.param({"": FEWEST_BY_ALL}, True, id="many, by nobody knows whom"),
    ],
)
def test_a_quiet_service(counts: dict[str, int], told: bool) -> None:
    assert (QUIET.score_one(refused(counts)) > TOLD) is told


@pytest.mark.parametrize(
    ("tried", "told"),
    [pytest.param(10, False, id="ten times"), pytest.param(30, True, id="thirty times")],
)
def test_of_a_new_series_one_source_is_judged_by_what_is_usual_elsewhere(
    tried: int, told: bool
) -> None:
    assert (BruteForce().score_one(refused({"x": tried})) > TOLD) is told


def test_of_a_new_series_many_sources_are_a_busy_service() -> None:
    assert BruteForce().score_one(refused({f"{n}": 1 for n in range(200)})) == 0.0


@pytest.mark.slow
def test_fifty_wrong_passwords_a_minute_are_usual_at_every_hour() -> None:
    chosen = Random(7)
    detector, highest = BruteForce(), 0.0
    for minute in range(3 * DAY):
        pace = 50 * (1 + 0.6 * sin(tau * minute / DAY)) * chosen.gammavariate(16, 1 / 16)
        window = refused(crowd(round(pace), chosen), chosen)
        highest = max(highest, detector.score_one(window))
        detector.learn_one(window)
    among = refused(crowd(50, chosen) | {"x": 100}, chosen)
    tenfold = refused(crowd(500, chosen), chosen)
    assert highest < TOLD
    assert detector.score_one(among) > TOLD
    assert detector.score_one(tenfold) > TOLD
    attack = detector.attack_in(among)
    assert attack is not None
    assert attack.source == "x"


@pytest.mark.parametrize("attempts", [1, 20, 50])
def test_a_constant_is_told_at_most_in_its_first_window(attempts: int) -> None:
    detector = BruteForce()
    scores = []
    for _ in range(100):
        scores.append(detector.score_one(refused({"proxy": attempts})))
        detector.learn_one(refused({"proxy": attempts}))
    assert max(scores[1:]) < TOLD


def test_d31_an_attack_is_not_learned_until_it_has_lasted() -> None:
    detector = BruteForce.from_json(QUIET.to_json())
    told = []
    for _ in range(2 * RELEARN_AFTER):
        told.append(detector.score_one(refused({"x": 40})) > TOLD)
        detector.learn_one(refused({"x": 40}))
    assert told == [True] * RELEARN_AFTER + [False] * RELEARN_AFTER


def test_a_pause_does_not_make_an_attack_usual() -> None:
    detector = BruteForce.from_json(QUIET.to_json())
    for minute in range(4 * RELEARN_AFTER):
        detector.learn_one(refused({"x": 40} if minute % RELEARN_AFTER else {}))
    assert detector.score_one(refused({"x": 40})) > TOLD


def test_scoring_changes_nothing_and_states_go_through_json() -> None:
    before = QUIET.to_json()
    QUIET.score_one(refused({"x": 40}))
    assert QUIET.to_json() == before
    again = BruteForce.from_json(before)
    assert again.to_json() == before
    assert again.score_one(refused({"x": 40})) == QUIET.score_one(refused({"x": 40}))


def test_the_chance_counts_both_looks() -> None:
    usual = UsualCount()
    assert BruteForce().score_one(refused({"x": 12})) == score_of(2 * usual.chance(12))


def test_counts_that_come_in_bursts_are_expected_to() -> None:
    even, bursts = UsualCount(), UsualCount()
    for window in range(600):
        even.learn_one(1)
        bursts.learn_one(30 if window % 30 == 0 else 0)
    assert round(even.mean, 1) == round(bursts.mean, 1) == 1.0
    assert even.chance(30) < 1e-9
    assert bursts.chance(30) > 1e-4


def login(second: float, source: str | None, number: int) -> LogEntry:
    at = NOON + timedelta(seconds=second)
    return log_entry(
        digest=f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
        endpoint="POST /login",
        message=f"POST /login {401 if source else 200}",
        status=401 if source else 200,
        source=source,
        occurred_at=at,
        received_at=at,
    )


def watched(tried: list[LogEntry]) -> list[Anomaly]:
    """Return what is found of `tried`, after an hour in which hardly anybody was refused."""
    watch = Watch(Thresholds())
    for minute in range(60):
        usual = [login(60 * minute + n, None, 100 * minute + n) for n in range(20)]
        mistyped = [login(60 * minute + 30, "aaaaaa", 100 * minute + 50)] if minute % 7 == 0 else []
        watch.take_in([*usual, *mistyped])
        watch.tick(NOON + timedelta(minutes=minute))
    return [*watch.take_in(tried), *watch.tick(NOON + timedelta(hours=2))]


@pytest.mark.parametrize(
    ("sources", "attempts", "severity", "beginning"),
    [
        pytest.param(
            1, 40, Severity.MEDIUM, "40 refused attempts by one source (000000)", id="one source"
        ),
        pytest.param(1, 60, Severity.HIGH, "60 refused attempts by one source", id="fast"),
        pytest.param(
            30, 30, Severity.MEDIUM, "30 refused attempts by at least 30 sources", id="many sources"
        ),
    ],
)
def test_an_attack_is_one_finding_that_says_by_whom_and_beside_what(
    sources: int, attempts: int, severity: Severity, beginning: str
) -> None:
    tried = [login(3600 + n / 2, f"{n % sources:06x}", 10_000 + n) for n in range(attempts)]
    [found] = [
        each for each in watched(tried) if each.anomaly_type is AnomalyType.SECURITY_INCIDENT
    ]
    assert (found.severity, found.endpoint) == (severity, "POST /login")
    assert found.description.startswith(beginning)
    assert ", usually " in found.description
    assert found.metrics["attempts"] == attempts
    assert found.recommended_actions


def test_nothing_is_told_of_nothing() -> None:
    assert BruteForce().attack_in(NONE_REFUSED) is None
    assert QUIET.score_one(NONE_REFUSED) == 0.0
