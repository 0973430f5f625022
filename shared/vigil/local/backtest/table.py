"""What came of a backtest, for people at a terminal."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vigil.adapters.plain_text import plain
from vigil.local.backtest.comparison import Match, compare, count
from vigil.local.backtest.run import Result, Run
from vigil.local.backtest.spells import Spell, by_type
from vigil.local.backtest.words import (
    SIDES,
    accounting_words,
    changed_words,
    counts_words,
    duration_words,
    instant_words,
    letters,
    pace_words,
    period_words,
    readiness_words,
    ready_words,
)
from vigil.model.percent import percent
from vigil.model.severity import Severity

_SHOWN = 100
_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "dim",
}


def show(result: Result, seconds: float, console: Console) -> None:
    """Print a result that took so many `seconds`."""
    rows = _rows(result.runs)
    if rows:
        console.print(_table(rows[:_SHOWN]))
    if len(rows) > _SHOWN:
        console.print(Text(f"{len(rows) - _SHOWN:,} more; --json and --html list them."))
    for run, letter in zip(result.runs, letters(result.runs), strict=True):
        for line in _sums(run, letter if len(result.runs) > 1 else ""):
            console.print(Text(line))
    if len(result.runs) > 1:
        console.print(Text(_difference([match for match, _ in rows])))
    pace = result.received / seconds if seconds else 0.0
    console.print(Text(f"{accounting_words(result)}\n{period_words(result)}"))
    console.print(Text(f"It took {seconds:.1f} s, {pace:,.0f} entries/s."))


# A match, and whether it matters who found it.
Row = tuple[Match, bool]


def _rows(runs: Sequence[Run]) -> list[Row]:
    if len(runs) > 1:
        return [(match, True) for match in compare(*runs)]
    return [(Match((spell,), ()), False) for spell in runs[0].spells]


def _table(rows: Sequence[Row]) -> Table:
    table = Table(show_lines=True)
    table.add_column("Told (UTC)", no_wrap=True)
    table.add_column("Where")
    table.add_column("What")
    for match, sided in rows:
        spell = match.spells[0]
        table.add_row(_when(match, sided=sided), _where(spell), _what(spell))
    return table


def _when(match: Match, *, sided: bool) -> Text:
    spell = match.spells[0]
    lines = [instant_words(spell.told_at), f"for {duration_words(spell.lasted)}"]
    if sided:
        lines.append(SIDES[match.side])
    if match.earlier:
        order = "earlier" if match.earlier > timedelta() else "later"
        lines.append(f"B {duration_words(abs(match.earlier))} {order}")
    return Text("\n".join(lines))


def _where(spell: Spell) -> Text:
    service, endpoint = spell.series.service, spell.series.endpoint
    return Text(f"{plain(service) or '(no service)'}\n{plain(endpoint) or '(its log)'}")


def _what(spell: Spell) -> Text:
    kind = f"{spell.anomaly_type.value}, {spell.severity.value}, {percent(spell.confidence)} sure"
    return Text.assemble((kind, _STYLES[spell.severity]), "\n", plain(spell.description))


def _sums(run: Run, letter: str) -> Iterator[str]:
    if letter:
        changed = f", with {changed_words(run)}" if run.configuration.changed else ""
        yield f"{letter}: {plain(run.configuration.name)}{changed}"
    yield f"{run.count:,} findings in {run.anomalies:,} windows: {pace_words(run)}"
    if run.count:
        yield f"  by type: {counts_words(by_type(run.spells))}"
        yield f"  by day: {counts_words(run.by_day)}"
    yield f"  {readiness_words(run)}"
    if ready_words(run):
        yield f"  {ready_words(run)}"


def _difference(matches: Sequence[Match]) -> str:
    numbers = count(matches)
    return ", ".join(f"{numbers[side]:,} {words}" for side, words in SIDES.items())
