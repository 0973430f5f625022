"""When findings came: bars over the whole time, and shares of a whole as bars."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vigil.local.backtest.marks import Mark
from vigil.local.backtest.markup import Markup, element
from vigil.local.backtest.series_chart import LEFT, RIGHT, WIDTH, time_labels
from vigil.local.backtest.time_axis import TimeAxis

_MOST_BINS = 110
_HEIGHT = 120
_TOP = 10
_BAR_WIDTH = 100


@dataclass(frozen=True, slots=True)
class _Bins:
    """The time of an axis in parts of one length, none shorter than a window."""

    axis: TimeAxis
    number: int

    @property
    def width(self) -> float:
        return (RIGHT - LEFT) / self.number

    def of(self, at: float) -> int:
        return min(int((self.axis.x(at) - LEFT) / self.width), self.number - 1)

    def x(self, part: int) -> float:
        return LEFT + part * self.width


def finding_bars(
    marks: Sequence[Mark], heard: Sequence[int], axis: TimeAxis, *, window: int
) -> Markup:
    """Return how many findings began when, over the windows, by start, in which anything was heard.

    The bars are coloured by the tones of the marks, in the order of their first.
    """
    bins = _Bins(axis, min(_MOST_BINS, max(int(axis.last - axis.first) // window, 1)))
    counts: dict[int, Counter[str]] = {}
    for mark in marks:
        counts.setdefault(bins.of(mark.first), Counter())[mark.tone] += 1
    most = max([each.total() for each in counts.values()], default=1)
    tones = list(dict.fromkeys(mark.tone for mark in marks))
    return element(
        "svg",
        *_heard_stripes(heard, axis, window),
        element("text", f"{most}", x=LEFT - 8, y=_TOP + 8, class_="scale"),
        element("text", "0", x=LEFT - 8, y=_TOP + _HEIGHT, class_="scale"),
        *[bar for part, each in counts.items() for bar in _stacked(bins, part, each, most, tones)],
        *time_labels(axis, _TOP + _HEIGHT + 18),
        viewBox=f"0 0 {WIDTH} {_TOP + _HEIGHT + 24}",
        role="img",
        aria_label=f"{len(marks)} findings over time",
    )


def share_bar(count: int, most: int, tone: str = "") -> Markup:
    """Return a bar as long as `count` is of `most`."""
    width = f"{_BAR_WIDTH * count / max(most, 1):.1f}"
    bar = element("rect", width=width, height=8, class_=f"share {tone}".strip())
    return element("svg", bar, viewBox=f"0 0 {_BAR_WIDTH} 8", class_="bar", aria_hidden="true",
                   preserveAspectRatio="none")  # fmt: skip


def _heard_stripes(heard: Sequence[int], axis: TimeAxis, window: int) -> Iterator[Markup]:
    """Yield a stripe for each run of windows without a gap between them that could be seen."""
    gap = max((axis.last - axis.first) / (RIGHT - LEFT), window)
    runs: list[list[float]] = []
    for start in heard:
        if runs and start - runs[-1][1] < gap:
            runs[-1][1] = start + window
        else:
            runs.append([start, start + window])
    for first, last in runs:
        width = f"{axis.x(last) - axis.x(first):.1f}"
        x = f"{axis.x(first):.1f}"
        yield element("rect", x=x, y=_TOP, width=width, height=_HEIGHT, class_="heard")


def _stacked(
    bins: _Bins, part: int, each: Counter[str], most: int, tones: Sequence[str]
) -> Iterator[Markup]:
    below = float(_TOP + _HEIGHT)
    for tone in [tone for tone in tones if each[tone]]:
        height = _HEIGHT * each[tone] / most
        below -= height
        yield element("rect", x=f"{bins.x(part):.1f}", y=f"{below:.1f}",
                      width=f"{max(bins.width - 1, 1):.1f}", height=f"{height:.1f}",
                      class_=f"share {tone}")  # fmt: skip
