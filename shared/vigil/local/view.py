"""The view of a running Vigil on a terminal; it fits 100 columns and 30 lines."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.text import Text

from vigil.adapters.plain_text import plain
from vigil.local.sentences import (
    anomaly_words,
    balance_words,
    cause_words,
    fault_words,
    notification_words,
    outcome_words,
    state_words,
    time_of,
)
from vigil.local.snapshot import Place, Snapshot
from vigil.model.alert import Alert
from vigil.model.incident import Incident
from vigil.model.severity import Severity

FULL_HEIGHT = 30
_LINES = 5
_ANOMALIES = 3
_ALERTS = 2
_NOTIFICATIONS = 2
_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_LABEL, _QUIET = "bold", "dim"
Part = str | tuple[str, str]


class LiveView:
    """Shows snapshots in place, and above them what is written."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)

    def write(self, text: str) -> None:
        """Write plain text above the view; from any thread."""
        self._console.print(Text(text), end="", soft_wrap=True)

    def show(self, snapshot: Snapshot) -> None:
        """Show `snapshot` in place of the one before."""
        self._live.update(render(snapshot, self._console.height), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


def render(snapshot: Snapshot, height: int = FULL_HEIGHT) -> RenderableType:
    """Return what is shown of `snapshot`; a lower terminal sees fewer of the log lines.

    Nothing in it is markup, and nothing that was logged reaches the terminal as it was written.
    """
    return Group(
        *_header(snapshot),
        *_section(_entries_heading(snapshot), [_row(outcome_words(snapshot.outcomes))]),
        *_lines(snapshot, _LINES - max(FULL_HEIGHT - height, 0)),
        *_section("Anomalies", _anomalies(snapshot)),
        *_section("Incidents", _incidents(snapshot.incidents[:1])),
        *_section("Alerts", _alerts(snapshot)),
        *_section("Sent", _notifications(snapshot)),
    )


def _header(snapshot: Snapshot) -> Iterator[RenderableType]:
    place = snapshot.place
    broken = fault_words(snapshot.faults)
    yield _row(
        ("Vigil ", "bold green"),
        (f"{time_of(snapshot.at)} UTC  ", _QUIET),
        f"{snapshot.story}{_countdown(snapshot)}",
    )
    yield _row(
        ("API   ", _LABEL),
        place.api,
        ("   shop  ", _LABEL),
        place.shop,
        (f"   broken: {broken}" if broken else "", "red"),
    )
    yield _row(("push  ", _LABEL), place.push)
    yield _row(("key   ", _LABEL), place.key)
    yield _row(("break ", _LABEL), breaking(place))


def _countdown(snapshot: Snapshot) -> str:
    if snapshot.changes_at is None:
        return ""
    return f" ({(snapshot.changes_at - snapshot.at).total_seconds():.0f} s)"


def breaking(place: Place) -> str:
    """Return a command line that breaks the shop, for whoever wants to see more."""
    return f"curl -X POST '{place.shop}/simulate/scenario?name=error_storm'"


def _entries_heading(snapshot: Snapshot) -> str:
    waiting = "" if snapshot.waiting is None else f"{snapshot.waiting} messages waiting, "
    return (
        f"Entries: {snapshot.per_second:.1f} a second, {waiting}{balance_words(snapshot.outcomes)}"
    )


def _lines(snapshot: Snapshot, room: int) -> list[RenderableType]:
    if room <= 0:
        return []
    rows = [
        _row((f"{line.count:5}  ", _LABEL), (plain(line.text), "red" if line.failed else ""))
        for line in snapshot.lines[:room]
    ]
    return _section("The latest log lines, by template", rows)


def _anomalies(snapshot: Snapshot) -> list[Text]:
    return [
        _row(
            (f"{time_of(each.detected_at)} ", _QUIET),
            (f"{each.severity.value:9}", _STYLES[each.severity]),
            anomaly_words(each),
        )
        for each in snapshot.anomalies[:_ANOMALIES]
    ]


def _incidents(incidents: Sequence[Incident]) -> list[Text]:
    rows = []
    for each in incidents:
        rows.append(
            _row(
                (f"{time_of(each.first_detected_at)} ", _QUIET),
                (f"{each.severity.value:9}", _STYLES[each.severity]),
                f"{plain(each.title)} ({each.status.value})",
            )
        )
        rows.append(_row(cause_words(each)))
    return rows


def _alerts(snapshot: Snapshot) -> list[Text]:
    rows = [_alert(alert) for alert in snapshot.alerts[:_ALERTS]]
    asking = snapshot.unanswered
    if asking is None:
        return rows
    return [*rows, *_command(snapshot.place.acknowledging(asking))]


def _alert(alert: Alert) -> Text:
    return _row(
        (f"{alert.severity.value:9}", _STYLES[alert.severity]),
        (f"{state_words(alert)}  ", _LABEL),
        plain(alert.title),
    )


def _command(parts: Sequence[str]) -> list[Text]:
    """Return a command line over several lines that can be copied; none of them is cut off."""
    first, *others, last = parts
    lines = (f"{first} \\", *(f"  {part} \\" for part in others), f"  {last}")
    return [Text(line, style="green", overflow="fold") for line in lines]


def _notifications(snapshot: Snapshot) -> list[Text]:
    return [_row(notification_words(each)) for each in snapshot.notifications[:_NOTIFICATIONS]]


def _section(heading: str, rows: Iterable[Text]) -> list[RenderableType]:
    rule = Rule(Text(heading, style=_LABEL), align="left", style=_QUIET)
    return [rule, *(list(rows) or [Text("none yet", style=_QUIET)])]


def _row(*parts: Part) -> Text:
    """Return one line, its end cut off where the terminal ends."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")
