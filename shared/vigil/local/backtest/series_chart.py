"""The chart of one series: its metrics above each other, and what was found marked in all."""

from collections.abc import Iterator, Sequence

from vigil.adapters.plain_text import plain
from vigil.detection.reading import ERROR_RATE, LATENCY_MS, REQUESTS
from vigil.local.backtest.line_chart import HEIGHT, Line, draw, line_of, ring
from vigil.local.backtest.marks import MOST_LISTED, MOST_MARKED, Mark
from vigil.local.backtest.markup import Markup, element
from vigil.local.backtest.run import Run
from vigil.local.backtest.time_axis import TimeAxis
from vigil.local.backtest.words import duration_words, instant_words, series_words
from vigil.model.anomaly import AnomalyType
from vigil.model.series import Series

WIDTH, LEFT, RIGHT = 1060, 62, 1052
_GAP = 30
_TITLE = 16
_FOOT = 20
_EDGE = 26
_TITLE_LENGTH = 120
_LANE, _LANES, _FLAG = 13, 3, 24
_SEEN_IN = {
    AnomalyType.ERROR_SPIKE: ERROR_RATE,
    AnomalyType.LATENCY_INCREASE: LATENCY_MS,
    AnomalyType.PERFORMANCE_DEGRADATION: REQUESTS,
}


def series_chart(run: Run, series: Series, marks: Sequence[Mark], axis: TimeAxis) -> Markup:
    """Return the chart of a series with `marks`; "" if nothing was read of it."""
    window = run.configuration.thresholds.window_seconds
    lines = [
        line_of(metric, trace, window, run.heard)
        for metric, trace in run.traces.of(series).items()
        if metric == REQUESTS or any(point.value for point in trace)
    ]
    if not lines:
        return Markup()
    tops = [_LANE * _LANES + _TITLE + at * (HEIGHT + _GAP) for at in range(len(lines))]
    bottom = tops[-1] + HEIGHT
    return element(
        "svg",
        *_marked(marks, axis, bottom),
        *[draw(line, axis, top) for line, top in zip(lines, tops, strict=True)],
        *_rings(lines, tops, marks, axis),
        *time_labels(axis, bottom + 16),
        viewBox=f"0 0 {WIDTH} {bottom + _FOOT}",
        role="img",
        aria_label=f"{series_words(series)}, {len(marks)} findings",
    )


def time_labels(axis: TimeAxis, y: float) -> Iterator[Markup]:
    """Yield the labels of a time axis."""
    for at, label in axis.ticks():
        x = axis.x(at)
        edge = " first" if x < axis.left + _EDGE else " last" if x > axis.right - _EDGE else ""
        yield element("text", label, x=f"{x:.0f}", y=y, class_=f"time{edge}")


def _marked(marks: Sequence[Mark], axis: TimeAxis, bottom: float) -> Iterator[Markup]:
    """Yield a stripe for each mark; its number stands above it where there is room for it."""
    free = [0.0] * _LANES
    listed = {mark.number for mark in marks[:MOST_LISTED]}
    for mark in sorted(marks[:MOST_MARKED], key=lambda each: each.first):
        x = axis.x(mark.first)
        width = max(axis.x(mark.last) - x, 2.0)
        lane = next((lane for lane, until in enumerate(free) if until <= x), None)
        flag: list[Markup] = []
        if lane is not None:
            free[lane] = x + _FLAG
            flag = [_flag(mark, x + width / 2, _LANE * (_LANES - lane))]
        yield element(
            "a",
            element("title", _title(mark)),
            element("rect", x=f"{x:.1f}", y=_LANE * _LANES + 4, width=f"{width:.1f}",
                    height=bottom - _LANE * _LANES - 4),
            *flag,
            href=f"#f{mark.number}" if mark.number in listed else None,
            class_=f"mark {mark.tone}",
        )  # fmt: skip


def _flag(mark: Mark, x: float, y: float) -> Markup:
    return element("text", f"{mark.number}", x=f"{x:.1f}", y=y)


def _title(mark: Mark) -> str:
    spell = mark.spell
    when = f"{instant_words(spell.told_at)} UTC, {duration_words(spell.lasted)}"
    return f"{mark.number}: {when}. {plain(spell.description, _TITLE_LENGTH)}"


def _rings(
    lines: Sequence[Line], tops: Sequence[float], marks: Sequence[Mark], axis: TimeAxis
) -> Iterator[Markup]:
    """Yield a ring round the worst value of each finding, where it is one of a metric drawn."""
    places = {line.metric: (line, top) for line, top in zip(lines, tops, strict=True)}
    for mark in marks[:MOST_MARKED]:
        place = places.get(_SEEN_IN.get(mark.spell.anomaly_type, ""))
        if place is not None:
            line, top = place
            yield element("g", ring(line, axis, top, mark.first, mark.last), class_=mark.tone)
