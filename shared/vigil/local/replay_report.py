"""What came of a replay, for people and for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vigil.adapters.plain_text import plain
from vigil.incidents.incident_json import incident_as_json
from vigil.local.replay import Summary
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.notification import AlertMessage
from vigil.model.percent import percent
from vigil.model.severity import Severity
from vigil.model.verdict import cause_confidence, cause_in_words

_SHOWN_INCIDENTS = 50
_SHOWN_REASONS = 5
_SHOWN_AFFECTED = 5
_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "dim",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A summary, and how long it took."""

    summary: Summary
    seconds: float

    @property
    def entries_per_second(self) -> float:
        """How fast it was."""
        return self.summary.received / self.seconds if self.seconds else 0.0

    @property
    def incidents(self) -> Sequence[Incident]:
        """The incidents, without those that turned out to be part of another one."""
        return [i for i in self.summary.incidents if i.status is not IncidentStatus.MERGED]


def as_json(report: Report) -> str:
    """Return the report as one JSON object in one line: counts, and the incidents as `found`."""
    summary, outcomes = report.summary, report.summary.outcomes
    content = {
        "received": summary.received,
        "processed": outcomes.processed,
        "duplicate": outcomes.duplicate,
        "filtered": outcomes.filtered,
        "rate_limited": outcomes.rate_limited,
        "invalid": outcomes.invalid,
        "dead_lettered": outcomes.dead_lettered,
        "anomalies": dict(summary.anomalies),
        "incidents": len(report.incidents),
        "alerts": summary.alerts,
        "notifications": summary.notifications,
        "seconds": round(report.seconds, 3),
        "entries_per_second": round(report.entries_per_second, 1),
        "found": [incident_as_json(incident) for incident in report.incidents],
    }
    return orjson.dumps(content).decode()


def show(report: Report, console: Console) -> None:
    """Print the report."""
    for line in (*_accounting(report), *_findings(report)):
        console.print(Text(line))
    if report.incidents:
        console.print(_table(report))
    hidden = len(report.incidents) - _SHOWN_INCIDENTS
    if hidden > 0:
        console.print(Text(f"{hidden} more incidents; --json lists them all."))
    console.print(
        Text(f"It took {report.seconds:.1f} s, {report.entries_per_second:,.0f} entries/s.")
    )


def _accounting(report: Report) -> Iterator[str]:
    summary, outcomes = report.summary, report.summary.outcomes
    yield (
        f"{summary.received:,} received {'=' if summary.balanced else '≠'} "
        f"{outcomes.processed:,} processed + {outcomes.duplicate:,} duplicate "
        f"+ {outcomes.filtered:,} filtered + {outcomes.rate_limited:,} rate limited "
        f"+ {outcomes.invalid:,} invalid + {outcomes.dead_lettered:,} dead-lettered"
    )
    if summary.reasons:
        yield f"Invalid: {_counts(summary.reasons, _SHOWN_REASONS)}"
    if summary.received and outcomes.invalid == summary.received:
        yield "None of it is a log entry in JSON; `gcloud logging read --format=json` prints that"
    if outcomes.late:
        yield (
            f"{outcomes.late:,} of the processed came after their window was judged and changed "
            "nothing: entries have to be in the order of time"
        )


def _findings(report: Report) -> Iterator[str]:
    summary = report.summary
    found = sum(summary.anomalies.values())
    kinds = f" ({_counts(summary.anomalies)})" if found else ""
    yield f"{_number(found, 'anomaly', 'anomalies')}{kinds}"
    yield (
        f"{_number(len(report.incidents), 'incident')}, {_number(summary.alerts, 'alert')}, "
        f"{_number(summary.notifications, 'notification')} would have been sent"
    )


def _counts(counts: Mapping[str, int], most: int | None = None) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{name} {count:,}" for name, count in islice(ordered, most)]
    return ", ".join([*shown, *(["..."] if len(shown) < len(ordered) else [])])


def _number(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _table(report: Report) -> Table:
    table = Table(show_lines=True)
    for heading in ("Incident", "What happened"):
        table.add_column(heading)
    told: dict[str, list[AlertMessage]] = {}
    for message in report.summary.told:
        told.setdefault(message.incident_id, []).append(message)
    for incident in report.incidents[:_SHOWN_INCIDENTS]:
        table.add_row(_heading(incident), _story(incident, told.get(incident.incident_id, [])))
    return table


def _heading(incident: Incident) -> Text:
    at = incident.started_at.astimezone(UTC)
    return Text("\n").join(
        [
            Text(incident.incident_id),
            Text(incident.severity.upper(), style=_STYLES[incident.severity]),
            Text(f"{at:%Y-%m-%d %H:%M:%S} UTC"),
            Text(incident.status.value),
        ]
    )


def _story(incident: Incident, told: Sequence[AlertMessage]) -> Text:
    cause = incident.root_cause
    sure = percent(cause_confidence(incident))
    sent = ", ".join(message.transition.value for message in told)
    lines = [
        Text(plain(incident.title), style="bold"),
        Text(f"Root cause: {plain(cause.endpoint or cause.service)}, {sure} sure"),
        Text(f"  {plain(cause.issue)}"),
        Text(f"  because {plain(cause_in_words(incident))}"),
        Text(f"Affected: {_affected(incident)}"),
        Text(f"Would have been sent: {sent or 'nothing, nobody has to be woken for it'}"),
    ]
    return Text("\n").join(lines)


def _affected(incident: Incident) -> str:
    names = [plain(name) for name in dict.fromkeys(str(series) for series in incident.affected)]
    hidden = len(names) - _SHOWN_AFFECTED
    return ", ".join(names[:_SHOWN_AFFECTED]) + (f" and {hidden} more" if hidden > 0 else "")
