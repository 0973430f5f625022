"""The report of a backtest: one HTML file that asks nothing of any network and runs no script."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files

from vigil.adapters.plain_text import plain
from vigil.local.backtest.marks import MOST_LISTED, Mark, by_series, marks_of
from vigil.local.backtest.markup import Markup, element, join, page, style_sheet
from vigil.local.backtest.overview import overview
from vigil.local.backtest.run import Result, Run
from vigil.local.backtest.series_chart import LEFT, RIGHT, series_chart
from vigil.local.backtest.time_axis import TimeAxis
from vigil.local.backtest.words import SIDES, duration_words, instant_words, period_words
from vigil.model.percent import percent
from vigil.model.series import Series

MOST_CHARTS = 40
# So many of the busiest series without findings are shown, to see what usual looks like.
QUIET_CHARTS = 6
_SHOWN_NAMES = 5
_DESCRIPTION = 400
_EXAMPLE = 130


def as_html(result: Result, names: Sequence[str], seconds: float) -> str:
    """Return the report on the files `names` as a whole document of a few megabytes at most.

    Text from the log is escaped wherever it stands, and the document's own policy lets it load and
    run nothing at all, so that a line that looks like a script is a line (FAULTS D16).
    """
    marks = marks_of(result)
    axis = _axis_of(result)
    css = files("vigil.local.backtest").joinpath("report.css").read_text("utf-8")
    body = element(
        "main",
        element("h1", "Backtest"),
        element("p", _files_words(names), class_="soft"),
        element("p", period_words(result), class_="soft"),
        *overview(result, marks, axis, seconds),
        *_series_section(result.runs[0], marks, axis),
        element("footer", "Written by vigil backtest. All times are in UTC."),
    )
    return page(element("html", _head(css), element("body", body), lang="en"))


def _head(css: str) -> Markup:
    digest = base64.b64encode(sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", "Backtest"),
        style_sheet(css),
    )


def _files_words(names: Sequence[str]) -> str:
    shown = ["standard input" if name == "-" else name for name in names[:_SHOWN_NAMES]]
    rest = len(names) - len(shown)
    return ", ".join([*shown, *([f"and {rest} more"] if rest else [])])


def _axis_of(result: Result) -> TimeAxis:
    """Return the axis that all charts share, so that what happened together stands together."""
    spans = [
        (run.heard[0], run.heard[-1] + run.configuration.thresholds.window_seconds)
        for run in result.runs
        if run.heard
    ] or [(0, 1)]
    return TimeAxis(min(spans)[0], max(end for _, end in spans), LEFT, RIGHT)


def _series_section(run: Run, marks: Sequence[Mark], axis: TimeAxis) -> Iterator[Markup]:
    found = by_series(marks)
    quiet = [series for series in run.traces.series if series not in found]
    shown = [*found, *quiet[:QUIET_CHARTS]][:MOST_CHARTS]
    if not shown:
        return
    yield element("h2", "Series, those with the most findings first")
    yield _legend(marks)
    for number, series in enumerate(shown, start=1):
        yield element(
            "section",
            _heading(run, series, found.get(series, [])),
            element("div", series_chart(run, series, found.get(series, []), axis), class_="scroll"),
            *_rows(found.get(series, [])),
            class_="series",
            id=f"s{number}",
        )
    yield element("p", _left_out_words(run, found, shown), class_="soft")


def _left_out_words(
    run: Run, found: Mapping[Series, Sequence[Mark]], shown: Sequence[Series]
) -> str:
    known = {*run.traces.series, *found}
    strayed = len(found) - len([series for series in shown if series in found])
    hidden = len(known) + run.traces.left_out - len(shown)
    if not hidden:
        return "All series are shown."
    also = f", {strayed:,} of them with findings" if strayed else ", none of them with findings"
    return f"{hidden:,} more series are not shown{also}."


def _legend(marks: Sequence[Mark]) -> Markup:
    keys = [
        ("value-key", "value, and its range where a point is several windows"),
        ("band-key", "usual range, as it had been learned by then"),
    ]
    sided = any(mark.side is not None for mark in marks)
    if sided:
        keys += [(side.value, words) for side, words in SIDES.items()]
        keys[1] = ("band-key", "usual range, as A had learned it by then")
    else:
        keys += [(tone, f"{tone} finding") for tone in dict.fromkeys(_gravest_first(marks))]
    items = [element("span", element("i", class_=tone), words) for tone, words in keys]
    return element("p", *items, class_="legend")


def _gravest_first(marks: Sequence[Mark]) -> list[str]:
    ordered = sorted({mark.spell.severity for mark in marks}, key=lambda s: -s.rank)
    return [severity.value for severity in ordered]


def _heading(run: Run, series: Series, marks: Sequence[Mark]) -> Markup:
    name = element("span", f"{series.service or '(no service)'} ", class_="service")
    count = "1 finding" if len(marks) == 1 else f"{len(marks) or 'no'} findings"
    return element(
        "header",
        element("h3", name, series.endpoint or "(its log)"),
        element("p", f"{count} in {run.traces.windows(series):,} windows"),
    )


def _rows(marks: Sequence[Mark]) -> Iterator[Markup]:
    if not marks:
        return
    headings = ("", "Told", "Lasted", "Type", "Severity", "Sure", "What")
    head = element("tr", *[element("th", heading) for heading in headings])
    body = [_row(mark) for mark in marks[:MOST_LISTED]]
    yield element("div", element("table", head, *body), class_="scroll")
    if len(marks) > MOST_LISTED:
        rest = f"{len(marks) - MOST_LISTED:,} more findings are not listed; --json lists them."
        yield element("p", rest, class_="soft")


def _row(mark: Mark) -> Markup:
    spell = mark.spell
    example = (
        [element("p", plain(spell.example, _EXAMPLE), class_="example")] if spell.example else []
    )
    side = [] if mark.side is None else [_chip(mark.side.value, SIDES[mark.side]), element("br")]
    return element(
        "tr",
        element("td", f"{mark.number}", class_="number"),
        element("td", instant_words(spell.told_at), class_="when"),
        element("td", duration_words(spell.lasted), class_="lasts"),
        element("td", spell.anomaly_type.value.replace("_", " "), class_="kind"),
        element("td", join([*side, _chip(spell.severity.value, spell.severity.value)])),
        element("td", f"{percent(spell.confidence)}"),
        element("td", plain(spell.description, _DESCRIPTION), *example, class_="what"),
        id=f"f{mark.number}",
    )


def _chip(tone: str, words: str) -> Markup:
    return element("span", words, class_=f"chip {tone}")
