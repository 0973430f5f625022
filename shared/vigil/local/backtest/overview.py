"""The upper part of a report: the sums, when findings came, and what two of them differ in."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from vigil.local.backtest.finding_bars import finding_bars, share_bar
from vigil.local.backtest.marks import Mark, by_series
from vigil.local.backtest.markup import Markup, element
from vigil.local.backtest.run import Result, Run
from vigil.local.backtest.spells import by_type
from vigil.local.backtest.time_axis import TimeAxis
from vigil.local.backtest.words import (
    SIDES,
    changed_words,
    letters,
    pace_words,
    readiness_words,
    ready_words,
    series_words,
)
from vigil.model.severity import Severity

_MOST_DAYS = 31
_MOST_PLACES = 12


def overview(
    result: Result, marks: Sequence[Mark], axis: TimeAxis, seconds: float
) -> Iterator[Markup]:
    """Yield the parts, for a result that took so many `seconds`."""
    yield element("div", *_cards(result, seconds), class_="cards")
    yield element("p", _ready(result.runs), class_="soft")
    if len(result.runs) > 1:
        yield element("h2", "A and B")
        yield element("div", _configurations(result.runs), class_="panel")
        yield element("h2", "What they have in common, and what not")
        yield element("div", _sides(marks), class_="panel")
    if marks:
        yield element("h2", "When")
        window = result.runs[0].configuration.thresholds.window_seconds
        bars = finding_bars(marks, result.runs[0].heard, axis, window=window)
        yield element("div", _legend(marks), bars, class_="panel")
        yield element("h2", "What, on which day, and where")
        yield element("div", *_tables(result.runs), class_="cards wide")
        yield element("div", _places(marks), class_="panel")


def _cards(result: Result, seconds: float) -> Iterator[Markup]:
    for run, letter in zip(result.runs, letters(result.runs), strict=True):
        whose = f" by {letter}" if len(result.runs) > 1 else ""
        yield _card(f"{run.count:,}", f"findings{whose}", pace_words(run))
    first = result.runs[0]
    series = len(first.traces.series) + first.traces.left_out
    yield _card(f"{series:,}", "series", readiness_words(first).partition(", ")[2])
    aside = f"{result.invalid:,} invalid, {result.duplicate:,} duplicate, {first.late:,} late"
    yield _card(f"{result.received:,}", "entries read", aside)
    pace = result.received / seconds if seconds else 0.0
    yield _card(f"{seconds:,.1f} s", "it took", f"{pace:,.0f} entries a second")


def _ready(runs: Sequence[Run]) -> str:
    """Return what had been learned in the end, by A and by B where there are two."""
    said = [ready_words(run) or "nothing was learned" for run in runs]
    if len(runs) > 1:
        said = [f"{letter} {words}" for letter, words in zip(letters(runs), said, strict=True)]
    return "; ".join(said)


def _card(number: str, name: str, more: str) -> Markup:
    return element(
        "div", element("b", number), element("span", name), element("span", more), class_="card"
    )


def _configurations(runs: Sequence[Run]) -> Markup:
    headings = (
        "",
        "Settings",
        "Other than the defaults",
        "Findings",
        "Windows",
        "Pace",
        "Late",
    )
    rows = [
        (
            letter,
            run.configuration.name,
            changed_words(run),
            f"{run.count:,}",
            f"{run.anomalies:,}",
            pace_words(run),
            f"{run.late:,}",
        )
        for run, letter in zip(runs, letters(runs), strict=True)
    ]
    return _table(headings, rows)


def _sides(marks: Sequence[Mark]) -> Markup:
    counts = Counter(mark.side for mark in marks)
    most = max(counts.values(), default=1)
    rows = [
        (
            element("span", words, class_=f"chip {side.value}"),
            f"{counts[side]:,}",
            share_bar(counts[side], most, side.value),
        )
        for side, words in SIDES.items()
    ]
    return _table(("Found", "Findings", ""), rows)


def _tables(runs: Sequence[Run]) -> Iterator[Markup]:
    yield _counts("Type", [by_type(run.spells) for run in runs])
    yield _counts("Day", [run.by_day for run in runs], most_rows=_MOST_DAYS)


def _places(marks: Sequence[Mark]) -> Markup:
    """Return the series with the most findings, each with the way to its chart."""
    found = list(by_series(marks).items())
    most = len(found[0][1])
    rows = [
        (
            element("a", series_words(series), href=f"#s{number}"),
            f"{len(own):,}",
            share_bar(len(own), most, "usual-share"),
        )
        for number, (series, own) in enumerate(found[:_MOST_PLACES], start=1)
    ]
    return _table(("Service, endpoint", "Findings", ""), rows)


def _counts(heading: str, counts: Sequence[Mapping[str, int]], most_rows: int = 100) -> Markup:
    names = list(dict.fromkeys(name for each in counts for name in each))[:most_rows]
    most = max([each.get(name, 0) for each in counts for name in names], default=1)
    titles = ["", ""] if len(counts) == 1 else ["A", "", "B", ""]
    rows = [
        (name.replace("_", " "), *[cell for each in counts for cell in _count(each, name, most)])
        for name in names
    ]
    return element("div", _table((heading, *titles), rows), class_="card")


def _count(counts: Mapping[str, int], name: str, most: int) -> tuple[str, Markup]:
    number = counts.get(name, 0)
    return f"{number:,}", share_bar(number, most, "usual-share")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    head = element("tr", *[element("th", heading) for heading in headings])
    body = [element("tr", *[element("td", cell) for cell in row]) for row in rows]
    return element("table", head, *body)


def _tones(marks: Sequence[Mark]) -> list[str]:
    if any(mark.side is not None for mark in marks):
        return [side.value for side in SIDES]
    return [severity.value for severity in sorted(Severity, key=lambda s: -s.rank)]


def _legend(marks: Sequence[Mark]) -> Markup:
    words = {side.value: text for side, text in SIDES.items()}
    present = {mark.tone for mark in marks}
    items = [
        element("span", element("i", class_=tone), words.get(tone, tone))
        for tone in _tones(marks)
        if tone in present
    ]
    grey = element("span", element("i", class_="heard-key"), "something was logged")
    return element("p", *items, grey, class_="legend")
