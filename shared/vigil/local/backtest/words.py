"""What both the terminal and the report say of a backtest, in the same words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vigil.adapters.plain_text import plain
from vigil.local.backtest.comparison import Side
from vigil.local.backtest.run import Result, Run
from vigil.local.backtest.settings import as_yaml
from vigil.model.series import Series

_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SIDES = {Side.BOTH: "in both", Side.ONLY_A: "only in A", Side.ONLY_B: "only in B"}


def instant_words(at: datetime) -> str:
    """Return an instant in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def duration_words(span: timedelta) -> str:
    """Return how long something lasted, in its two greatest units.

    >>> duration_words(timedelta(seconds=125)), duration_words(timedelta(hours=49))
    ('2 min 5 s', '2 d 1 h')
    """
    seconds = int(span.total_seconds())
    parts = [
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    first = next((at for at, (number, _) in enumerate(parts) if number), len(parts) - 1)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 s"


def series_words(series: Series) -> str:
    """Return a series as service and endpoint, safe to show.

    >>> series_words(Series("shop", "POST /pay")), series_words(Series("shop"))
    ('shop POST /pay', 'shop (its log)')
    """
    return plain(f"{series.service or '(no service)'} {series.endpoint or '(its log)'}")


def pace_words(run: Run) -> str:
    """Return how many findings there are a day, or an hour where not even a day is covered."""
    for span, unit in ((_DAY, "a day"), (_HOUR, "an hour")):
        pace = run.each(span)
        if pace is not None:
            return f"{pace:,.1f} {unit}"
    return f"too little log to say how many a day ({duration_words(run.covered)})"


def period_words(result: Result) -> str:
    """Return when the entries are from, and how much of that time they cover."""
    if result.first_at is None or result.last_at is None:
        return "no entries"
    covered = max(run.covered for run in result.runs)
    period = f"{instant_words(result.first_at)} to {instant_words(result.last_at)} UTC"
    return f"{period}; something was logged in {duration_words(covered)} of it"


def accounting_words(result: Result) -> str:
    """Return what became of the entries."""
    late = " / ".join(dict.fromkeys(f"{run.late:,}" for run in result.runs))
    return (
        f"{result.received:,} entries read, {result.invalid:,} invalid, "
        f"{result.duplicate:,} duplicate, {late} late"
    )


def readiness_words(run: Run) -> str:
    """Return how many series there are, and how many had not been learned in the end."""
    number = len(run.traces.series) + run.traces.left_out
    if run.configuration.thresholds.rules_only:
        return f"{number:,} series, judged by fixed limits"
    return f"{number:,} series, {run.learning:,} of them still learning"


def ready_words(run: Run) -> str:
    """Return for how many series each subject had been learned in the end, of those that show it.

    Empty where nothing is learned.
    """
    shown = [f"{each.words} {ready:,} of {of:,}" for each, (ready, of) in run.ready.items()]
    return f"ready: {', '.join(shown)}" if shown else ""


def counts_words(counts: dict[str, int], most: int = 14) -> str:
    """Return counts by name, the rest as a number."""
    shown = [f"{plain(name)} {number:,}" for name, number in list(counts.items())[:most]]
    rest = len(counts) - len(shown)
    return ", ".join([*shown, *([f"and {rest} more"] if rest else [])]) or "none"


def changed_words(run: Run) -> str:
    """Return the settings of a configuration that are not the defaults."""
    changed = run.configuration.changed
    return ", ".join(f"{name} {as_yaml(value)}" for name, value in changed.items()) or "none"


def letters(runs: Sequence[Run]) -> list[str]:
    """Return the letters by which the configurations are called, in their order."""
    return ["A", "B"][: len(runs)]
