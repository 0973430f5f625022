from math import isnan

import pytest

from vigil.detection.reading import LATENCY_MS, METRICS, REQUESTS, Reading
from vigil.local.backtest.traces import FEWEST_POINTS, Point, Trace, Traces, together
from vigil.model.series import Series

SHOP = Series("shop", "GET /")


def reading(
    start: int, value: float, *, metric: str = REQUESTS, usual: float | None = None
) -> Reading:
    return Reading(SHOP, start, metric, value, None, usual, None)


def trace_of(values: list[float], most: int) -> Trace:
    trace = Trace()
    for at, value in enumerate(values):
        trace.add(reading(60 * at, value), most)
    return trace


def test_a_short_trace_keeps_every_reading() -> None:
    points = list(trace_of([3, 5, 4], most=10))

    assert [(point.start, point.value) for point in points] == [(0, 3), (60, 5), (120, 4)]
    assert all(isnan(point.usual) for point in points)


@pytest.mark.parametrize("number", [1, 2, 10, 11, 100, 999, 1000, 4097])
def test_a_long_trace_keeps_few_points_and_every_extreme(number: int) -> None:
    values = [10.0] * number
    values[number // 3] = 500.0
    values[-1] = 1.0

    trace = trace_of(values, most=10)
    points = list(trace)

    assert trace.readings == number
    assert len(trace) == len(points) <= 11
    assert max(point.most for point in points) == (500.0 if number > 2 else max(values))
    assert min(point.least for point in points) == 1.0
    assert [point.start for point in points] == sorted(point.start for point in points)
    assert 0 <= points[0].start <= points[-1].start <= 60 * number


def test_points_together_are_their_mean_their_ends_and_what_is_known_to_be_usual() -> None:
    unknown = float("nan")
    one = Point(0, 2, 2, 2, unknown, unknown, unknown)
    other = Point(60, 4, 3, 9, 1, 5, unknown)

    both = together([one, other])

    assert both[:6] == (30, 3, 2, 9, 1, 5)
    assert isnan(both.high)


def test_what_is_farther_from_usual_stands_out() -> None:
    unknown = float("nan")

    assert Point(0, 5, 1, 8, unknown, 6, unknown).farthest == 1
    assert Point(0, 5, 1, 12, unknown, 6, unknown).farthest == 12
    assert Point(0, 5, 1, 8, unknown, unknown, unknown).farthest == 8


def test_the_more_series_there_are_the_fewer_points_each_may_have() -> None:
    traces = Traces(room=2400)
    for start in range(4000):
        for name in "ab":
            for metric in METRICS:
                traces.add(Reading(Series(name), start, metric, 1.0))

    lengths = [len(trace) for series in traces.series for trace in traces.of(series).values()]
    assert len(lengths) == 6
    assert all(FEWEST_POINTS <= length <= 401 for length in lengths)


def test_series_without_room_are_counted_and_not_kept() -> None:
    traces = Traces(most_series=3)
    for _ in range(2):
        for name in "abcde":
            traces.add(Reading(Series(name), 0, REQUESTS, 1.0))

    assert [series.service for series in traces.series] == ["a", "b", "c"]
    assert traces.left_out == 2


def test_metrics_come_in_one_order() -> None:
    traces = Traces()
    for metric in (LATENCY_MS, REQUESTS):
        traces.add(reading(0, 1.0, metric=metric))

    assert list(traces.of(SHOP)) == [REQUESTS, LATENCY_MS]
    assert traces.of(Series("other")) == {}
