"""One metric of one series as a line in SVG: values, what is usual, and scales."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, isnan, log10, nan

from vigil.detection.reading import ERROR_RATE, LATENCY_MS, REQUESTS
from vigil.local.markup import Markup, element, join
from vigil.local.time_axis import TimeAxis
from vigil.local.traces import Point, Trace, farther

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
        greatest = max([point.value for point in self.points], default=0.0)
        bands = [point.high for point in self.points if not isnan(point.high)]
        bound = min(max(bands, default=0.0), greatest * _WIDEST_BAND)
        return _round_up(max(greatest * _HEADROOM, bound, _LEAST_TOP[self.metric]))


def line_of(metric: str, trace: Trace, window: int, heard: Sequence[int]) -> Line:
    """Return what to draw of a trace, at most MOST_DRAWN points.

    A window of a series is missing where it logged nothing. If anything else did, as `heard` tells
    (the starts of windows, in order), that is a count of zero; if nothing did, it is a gap.
    """
    # A window's number is drawn in its middle, where a mark on it is.
    points = [point._replace(start=point.start + window / 2) for point in trace]
    share = max(-(-len(points) // MOST_DRAWN), 1)
    reach = 2 * window * trace.stride * share
    drawn = [_farthest(points[at : at + share]) for at in range(0, len(points), share)]
    if metric == REQUESTS:
        drawn = list(_with_zeros(drawn, window, reach, heard))
    return Line(metric, list(_pieces(drawn, reach, over_zeros=metric == REQUESTS)))


def draw(line: Line, axis: TimeAxis, top_y: float) -> Markup:
    """Return a line with its band and scale, below `top_y` and HEIGHT high."""
    y = _scale(line.top, top_y)
    pieces = [piece for piece in line.pieces if piece]
    return join(
        [
            *_scale_lines(line, axis, y),
            *[_band(run, axis, y, line.top) for piece in pieces for run in _learned_runs(piece)],
            *[_path([(p.start, p.usual) for p in run], axis, y, "usual")
              for piece in pieces for run in _learned_runs(piece)],
            *[_path([(p.start, p.value) for p in piece], axis, y, "value") for piece in pieces],
        ]
    )  # fmt: skip


def ring(line: Line, axis: TimeAxis, top_y: float, first: float, last: float) -> Markup:
    """Return a ring round the point from `first` to `last` that is farthest from usual."""
    inside = [point for point in line.points if first <= point.start < last]
    if not inside:
        return Markup()
    point, y = _farthest(inside), _scale(line.top, top_y)
    return element("circle", cx=_short(axis.x(point.start)), cy=_short(y(point.value)), r="4",
                   class_="ring")  # fmt: skip


def amount(metric: str, value: float) -> str:
    """Return a value with its unit.

    >>> amount(ERROR_RATE, 0.25), amount(LATENCY_MS, 1500), amount(REQUESTS, 12)
    ('25 %', '1.5 s', '12')
    """
    if metric == ERROR_RATE:
        return f"{_plain_number(value * 100)} %"
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
    upper = [(p.start, top if isnan(p.high) else p.high) for p in run]
    lower = [(p.start, 0.0 if isnan(p.low) else p.low) for p in reversed(run)]
    corners = [f"{_short(axis.x(at))} {_short(y(value))}" for at, value in [*upper, *lower]]
    return element("path", d=f"M{'L'.join(corners)}Z", class_="band")


def _path(
    points: Sequence[tuple[float, float]], axis: TimeAxis, y: Scale, class_name: str
) -> Markup:
    corners = [f"{_short(axis.x(at))} {_short(y(value))}" for at, value in points]
    # With round ends, a line to where it begins is a dot.
    tail = "h0" if len(corners) == 1 else ""
    return element("path", d=f"M{'L'.join(corners)}{tail}", class_=class_name)


def _learned_runs(piece: Sequence[Point]) -> Iterator[list[Point]]:
    run: list[Point] = []
    for point in piece:
        if isnan(point.usual):
            if run:
                yield run
            run = []
        else:
            run.append(point)
    if run:
        yield run


def _with_zeros(
    points: Sequence[Point], window: int, reach: float, heard: Sequence[int]
) -> Iterator[Point]:
    ends = [*[point.start for point in points[1:]], float("inf")]
    for point, following in zip(points, ends, strict=True):
        yield point
        if following - point.start <= reach:
            continue
        first = bisect_left(heard, point.start + window / 2)
        last = bisect_right(heard, following - window * 3 / 2) - 1
        for at in dict.fromkeys([first, last] if first <= last else []):
            yield Point(heard[at] + window / 2, 0.0, nan, nan, nan)


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


def _farthest(points: Sequence[Point]) -> Point:
    chosen = points[0]
    for point in points[1:]:
        chosen = farther(chosen, point)
    return chosen


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next(power * n for n in (1.0, 2.0, 2.5, 4.0, 5.0, 8.0, 10.0, 20.0) if power * n >= value)


def _plain_number(value: float) -> str:
    return f"{value:,.6g}" if value >= 1 else f"{value:.3g}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
