"""One metric of one series as a line in SVG: values, what is usual, and scales."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor, isnan, log10

from vigil.detection.reading import ERROR_RATE, LATENCY_MS, REQUESTS
from vigil.local.backtest.markup import Markup, element, join
from vigil.local.backtest.time_axis import TimeAxis
from vigil.local.backtest.traces import Point, Trace, together

MOST_DRAWN = 480
HEIGHT = 96
_HEADROOM = 1.15
# A band that was just begun to be learned may be far wider than anything that came.
_WIDEST_BAND = 2.0
_LEAST_TOP = {REQUESTS: 4.0, ERROR_RATE: 0.05, LATENCY_MS: 1.0}
_TITLES = {REQUESTS: "requests a window", ERROR_RATE: "error rate", LATENCY_MS: "latency"}
_SECOND_MS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """The points of a metric in pieces: between two of them nothing was logged."""

    metric: str
    pieces: Sequence[Sequence[Point]]

    @property
    def points(self) -> list[Point]:
        """All points, in order of time."""
        return [point for piece in self.pieces for point in piece]

    @property
    def top(self) -> float:
        """The end of the scale, a round number."""
        greatest = max([point.most for point in self.points], default=0.0)
        bands = [point.high for point in self.points if not isnan(point.high)]
        bound = min(max(bands, default=0.0), greatest * _WIDEST_BAND)
        top = _round_up(max(greatest * _HEADROOM, bound, _LEAST_TOP[self.metric]))
        return min(top, 1.0) if self.metric == ERROR_RATE else top


def line_of(metric: str, trace: Trace, window: int, heard: Sequence[int]) -> Line:
    """Return what to draw of a trace, at most MOST_DRAWN points.

    A window of a series is missing where it logged nothing. If anything else did, as `heard` tells
    (the starts of windows, in order), that is a count of zero; if nothing did, it is a gap.
    """
    # A window's number is drawn in its middle, where a mark on it is.
    points = [point._replace(start=point.start + window / 2) for point in trace]
    share = max(-(-len(points) // MOST_DRAWN), 1)
    reach = 2 * window * trace.stride * share
    drawn = [together(points[at : at + share]) for at in range(0, len(points), share)]
    if metric == REQUESTS:
        drawn = list(_with_zeros(drawn, window, reach, heard))
    return Line(metric, list(_pieces(drawn, reach, over_zeros=metric == REQUESTS)))


def draw(line: Line, axis: TimeAxis, top_y: float) -> Markup:
    """Return a line with its band and scale, below `top_y` and HEIGHT high."""
    y = _scale(line.top, top_y)
    parts = [*_scale_lines(line, axis, y)]
    for piece in line.pieces:
        parts += [_band(run, axis, y, line.top) for run in _runs(piece, _is_banded)]
        parts += [_range(run, axis, y) for run in _runs(piece, _is_spread)]
        for run in _runs(piece, _is_learned):
            parts.append(_path([(p.start, p.usual) for p in run], axis, y, "usual"))
        parts.append(_path([(p.start, p.value) for p in piece], axis, y, "value"))
    return join(parts)


def ring(line: Line, axis: TimeAxis, top_y: float, first: float, last: float) -> Markup:
    """Return a ring round the value from `first` to `last` that is farthest from usual.

    Where many windows are one point, it is the nearest such point, if that can be seen.
    """
    inside = [point for point in line.points if first <= point.start < last]
    middle = axis.x((first + last) / 2)
    if not inside and line.points:
        inside = [min(line.points, key=lambda point: abs(axis.x(point.start) - middle))]
    near = [p for p in inside if abs(axis.x(p.start) - middle) <= axis.x(last) - axis.x(first) + 3]
    if not near:
        return Markup()
    point = max(near, key=lambda p: abs(p.farthest - (0.0 if isnan(p.usual) else p.usual)))
    at = _scale(line.top, top_y)(point.farthest)
    return element("circle", cx=_short(axis.x(point.start)), cy=_short(at), r="4", class_="ring")


def amount(metric: str, value: float) -> str:
    """Return a value with its unit.

    >>> amount(ERROR_RATE, 0.25), amount(LATENCY_MS, 1500), amount(REQUESTS, 12)
    ('25%', '1.5 s', '12')
    """
    if metric == ERROR_RATE:
        return f"{_plain_number(value * 100)}%"
    if metric == LATENCY_MS and value >= _SECOND_MS:
        return f"{_plain_number(value / _SECOND_MS)} s"
    return f"{_plain_number(value)} ms" if metric == LATENCY_MS else _plain_number(value)


Scale = Callable[[float], float]


def _scale(top: float, top_y: float) -> Scale:
    return lambda value: top_y + HEIGHT * (1.0 - min(max(value / top, 0.0), 1.0))


def _scale_lines(line: Line, axis: TimeAxis, y: Scale) -> Iterator[Markup]:
    for value in (0.0, line.top / 2, line.top):
        at = _short(y(value))
        yield element("path", d=f"M{axis.left} {at}H{axis.right}", class_="grid")
        label = amount(line.metric, value) if value else "0"
        yield element("text", label, x=axis.left - 8, y=_short(y(value) + 4), class_="scale")
    yield element("text", _TITLES[line.metric], x=axis.left, y=_short(y(line.top) - 6),
                  class_="metric")  # fmt: skip


def _band(run: Sequence[Point], axis: TimeAxis, y: Scale, top: float) -> Markup:
    """Return what is usual as an area; where it has no limit, it goes to the end of the scale."""
    upper = [top if isnan(point.high) else point.high for point in run]
    lower = [0.0 if isnan(point.low) else point.low for point in run]
    return _area(run, lower, upper, (axis, y, "band"))


def _range(run: Sequence[Point], axis: TimeAxis, y: Scale) -> Markup:
    """Return from where to where the values went that are one point together."""
    return _area(run, [p.least for p in run], [p.most for p in run], (axis, y, "range"))


def _area(
    run: Sequence[Point],
    lower: Sequence[float],
    upper: Sequence[float],
    style: tuple[TimeAxis, Scale, str],
) -> Markup:
    axis, y, class_name = style
    there = [(point.start, value) for point, value in zip(run, upper, strict=True)]
    back = [(point.start, value) for point, value in zip(run, lower, strict=True)]
    corners = [f"{_short(axis.x(at))} {_short(y(value))}" for at, value in [*there, *back[::-1]]]
    return element("path", d=f"M{'L'.join(corners)}Z", class_=class_name)


def _path(
    points: Sequence[tuple[float, float]], axis: TimeAxis, y: Scale, class_name: str
) -> Markup:
    corners = [f"{_short(axis.x(at))} {_short(y(value))}" for at, value in points]
    # With round ends, a line to where it begins is a dot.
    tail = "h0" if len(corners) == 1 else ""
    return element("path", d=f"M{'L'.join(corners)}{tail}", class_=class_name)


def _is_learned(point: Point) -> bool:
    return not isnan(point.usual)


def _is_banded(point: Point) -> bool:
    return not (isnan(point.low) and isnan(point.high))


def _is_spread(point: Point) -> bool:
    return point.most > point.least


def _runs(piece: Sequence[Point], wanted: Callable[[Point], bool]) -> Iterator[list[Point]]:
    """Yield the points that are wanted, those next to each other together."""
    for is_wanted, run in groupby(piece, key=wanted):
        if is_wanted:
            yield list(run)


def _with_zeros(
    points: Sequence[Point], window: int, reach: float, heard: Sequence[int]
) -> Iterator[Point]:
    ends = [*[point.start for point in points[1:]], float("inf")]
    for point, following in zip(points, ends, strict=True):
        yield point
        if following - point.start <= reach:
            continue
        # A point stands in the middle of its windows, which are a quarter of `reach` to each side.
        first = bisect_left(heard, point.start + reach / 4)
        last = bisect_right(heard, following - reach / 4 - window) - 1
        for at in dict.fromkeys([first, last] if first <= last else []):
            # What was usual stays so while nothing comes.
            yield Point(heard[at] + window / 2, 0.0, 0.0, 0.0, *point[4:])


def _pieces(points: Sequence[Point], reach: float, *, over_zeros: bool) -> Iterator[list[Point]]:
    piece: list[Point] = []
    for point in points:
        # From one zero to the next nothing came, however long that took.
        still = over_zeros and piece and piece[-1].value == point.value == 0
        if piece and point.start - piece[-1].start > reach and not still:
            yield piece
            piece = []
        piece.append(point)
    yield piece


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next(power * n for n in (1.0, 2.0, 2.5, 4.0, 5.0, 8.0, 10.0, 20.0) if power * n >= value)


def _plain_number(value: float) -> str:
    return f"{value:,.6g}" if value >= 1 else f"{value:.3g}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
