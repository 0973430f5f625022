"""Traces: the readings of many series over days, thinned out so that memory stays bounded."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from statistics import fmean
from typing import NamedTuple

from vigil.detection.reading import METRICS, Reading
from vigil.model.series import Series

MOST_POINTS = 2000
FEWEST_POINTS = 200
# Seven doubles each: 56 MB in all.
ROOM = 1_000_000
MOST_SERIES = 1500


class Point(NamedTuple):
    """One reading of a trace, or several together; nan is what is not known.

    `value` and what is usual are means; `least` and `most` are the ends of what came.
    """

    start: float
    value: float
    least: float
    most: float
    low: float
    usual: float
    high: float

    @property
    def farthest(self) -> float:
        """The end that is farther from what is usual, the upper one where nothing is."""
        if isnan(self.usual) or self.most - self.usual >= self.usual - self.least:
            return self.most
        return self.least


_WIDTH = len(Point._fields)


@dataclass(slots=True)
class Trace:
    """The readings of one metric of one series, in order of time, every `stride` of them together.

    `readings` counts them.
    """

    stride: int = 1
    readings: int = 0
    _flat: "array[float]" = field(default_factory=lambda: array("d"))
    _waiting: list[Point] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._flat) // _WIDTH + bool(self._waiting)

    def __iter__(self) -> Iterator[Point]:
        for at in range(0, len(self._flat), _WIDTH):
            yield Point(*self._flat[at : at + _WIDTH])
        if self._waiting:
            yield together(self._waiting)

    def add(self, reading: Reading, most: int) -> None:
        """Take in a reading, and hold at most `most` points, two at least."""
        self.readings += 1
        self._waiting.append(_point_of(reading))
        if len(self._waiting) >= self.stride:
            self._flat.extend(together(self._waiting))
            self._waiting = []
            while len(self) > max(most, 2):
                self._halve()

    def _halve(self) -> None:
        points = list(self)
        pairs = [points[at : at + 2] for at in range(0, len(points), 2)]
        # What is left over waits for its other half.
        self._waiting = pairs.pop() if len(points) % 2 else []
        self._flat = array("d", [number for pair in pairs for number in together(pair)])
        self.stride *= 2


class Traces:
    """The traces of all series of a run, by series and metric.

    The more there are, the fewer points each may have; of those beyond MOST_SERIES nothing is kept
    but their number.
    """

    def __init__(self, *, room: int = ROOM, most_series: int = MOST_SERIES) -> None:
        self._room = room
        self._most_series = most_series
        self._series: dict[Series, dict[str, Trace]] = {}
        self._left_out: set[int] = set()

    def add(self, reading: Reading) -> None:
        """Take in a reading."""
        traces = self._series.get(reading.series)
        if traces is None:
            if len(self._series) >= self._most_series:
                self._left_out.add(hash(reading.series))
                return
            traces = self._series[reading.series] = {}
        trace = traces.get(reading.metric)
        if trace is None:
            trace = traces[reading.metric] = Trace()
        trace.add(reading, self._most_points)

    @property
    def left_out(self) -> int:
        """How many series have no traces for want of room."""
        return len(self._left_out)

    @property
    def series(self) -> list[Series]:
        """The series that have traces, those with the most windows first."""
        return sorted(self._series, key=lambda series: (-self.windows(series), series))

    def of(self, series: Series) -> dict[str, Trace]:
        """Return the traces of a series by metric, in the order of METRICS."""
        traces = self._series.get(series, {})
        return {metric: traces[metric] for metric in METRICS if metric in traces}

    def windows(self, series: Series) -> int:
        """Return how many windows of a series were read."""
        return max([trace.readings for trace in self.of(series).values()], default=0)

    @property
    def _most_points(self) -> int:
        share = self._room // (len(METRICS) * len(self._series))
        return min(max(share, FEWEST_POINTS), MOST_POINTS)


def together(points: Sequence[Point]) -> Point:
    """Return points that follow each other, one at least, as one in the middle of them."""
    if len(points) == 1:
        return points[0]
    start, value, least, most, *band = zip(*points, strict=True)
    return Point(fmean(start), fmean(value), min(least), max(most), *map(_mean_of_known, band))


def _mean_of_known(numbers: Iterable[float]) -> float:
    known = [number for number in numbers if not isnan(number)]
    return fmean(known) if known else nan


def _point_of(reading: Reading) -> Point:
    band = (reading.low, reading.usual, reading.high)
    low, usual, high = (nan if number is None else number for number in band)
    return Point(reading.start, reading.value, reading.value, reading.value, low, usual, high)
