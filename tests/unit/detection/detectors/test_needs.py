"""What a detector says that it needs is what it waits for."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from vigil.detection.detectors.hourly_shift import HourlyShift
from vigil.detection.detectors.learned_error_rate import LearnedErrorRate
from vigil.detection.detectors.line_companions import LineCompanions
from vigil.detection.detectors.series_detector import SeriesDetector
from vigil.detection.detectors.template_rates import TemplateRates
from vigil.detection.detectors.usual_count import UsualCount
from vigil.detection.detectors.usual_waits import UsualWaits
from vigil.detection.detectors.volume import Volume
from vigil.detection.warm_up import Need
from vigil.model.duration_sketch import duration_bucket

HOUR, DAY = 3600, 86_400


class Watched(NamedTuple):
    """A detector: how it learns the window at an instant, what it needs, and if it is ready."""

    learn: Callable[[int], None]
    needs: Callable[[int], Sequence[Need]]
    ready: Callable[[int], bool]
    step: int = 60
    steps: int = 300


def error_rate(total: int) -> Watched:
    rate = LearnedErrorRate()
    return Watched(
        lambda at: rate.learn_one(0, total, at),
        lambda _: rate.needs("requests"),
        lambda _: rate.ready,
    )


def template_rates(entries: int) -> Watched:
    rates = TemplateRates()
    return Watched(
        lambda at: rates.learn_one({}, entries, at), lambda _: rates.needs(), lambda _: rates.ready
    )


def volume(step: int) -> Watched:
    requests = Volume()
    return Watched(
        lambda at: requests.learn_one(5, at),
        lambda _: requests.needs(),
        lambda _: requests.ready,
        step,
    )


def usual_count() -> Watched:
    usual = UsualCount()
    return Watched(lambda _: usual.learn_one(1), lambda _: usual.needs(), lambda _: usual.is_known)


def usual_waits() -> Watched:
    waits = UsualWaits(factor=3.0, increase_us=50_000.0, relearn_after_windows=30)
    waited = {duration_bucket(3000): (1, 0)}
    return Watched(
        lambda at: waits.learn_one(waited, at), lambda _: waits.needs(), lambda _: waits.ready
    )


def series(step: int) -> Watched:
    detector = SeriesDetector()
    return Watched(
        lambda at: detector.learn_one(5.0, at), detector.needs, detector.ready, step, 400
    )


def hourly_shift() -> Watched:
    shift = HourlyShift()
    return Watched(
        lambda at: shift.learn_one(5.0, at),
        lambda _: shift.needs(),
        lambda at: all(
            shift.shift(at // DAY * DAY + hour * HOUR) is not None for hour in range(24)
        ),
        600,
        5 * 144,
    )


def companions() -> Watched:
    lines = LineCompanions()
    return Watched(
        lambda _: lines.learn_one({"asked": 9, "answered": 9}),
        lambda _: lines.needs(),
        lambda _: lines.read_one({"asked": 100}) is not None,
    )


@pytest.mark.parametrize(
    "watched",
    [
        pytest.param(error_rate(1), id="few failures to count"),
        pytest.param(error_rate(50), id="failures"),
        pytest.param(template_rates(5), id="few lines"),
        pytest.param(template_rates(500), id="lines"),
        pytest.param(volume(60), id="requests each minute"),
        pytest.param(volume(HOUR), id="requests each hour"),
        pytest.param(usual_count(), id="refusals"),
        pytest.param(usual_waits(), id="waits"),
        pytest.param(series(3600), id="a record of hours"),
        pytest.param(series(60), id="a record of minutes"),
        pytest.param(hourly_shift(), id="hours of the day"),
        pytest.param(companions(), id="lines in pairs"),
    ],
)
def test_a_detector_is_ready_when_its_needs_are_met(watched: Watched) -> None:
    said, was = list[bool](), list[bool]()
    for at in range(0, watched.step * watched.steps, watched.step):
        watched.learn(at)
        said.append(all(need.is_met for need in watched.needs(at)))
        was.append(watched.ready(at))
    assert said == was
    assert not said[0]
