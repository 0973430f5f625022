"""What happened in an incident, moment by moment, in sentences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vigil.incidents.root_cause import precedence
from vigil.incidents.title import called
from vigil.model.alert_change import AlertChange
from vigil.model.anomaly import Anomaly, Evidence
from vigil.model.duration import duration_words
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.incident_step import IncidentStep, StepKind
from vigil.model.notification import Notification, NotificationStatus
from vigil.model.series import Series
from vigil.model.verdict import cause_caution

# An incident may have hundreds of members; those that strayed first tell the story.
MOST_MEMBERS = 30
MOST_CHANGES = 10
MOST_TOLD = 50
_LONGEST_TEXT = 300
_ALERT_WORDS = {"open": "The alert was opened", "acknowledged": "The alert was acknowledged"}


class MomentKind(StrEnum):
    """What sort of thing happened; of one instant they are told in this order."""

    CHANGE = "change"
    ONSET = "onset"
    FAILED_TRACE = "failed_trace"
    MEMBER = "member"
    DETECTED = "detected"
    MERGED = "merged"
    RAISED = "raised"
    CEASED = "ceased"
    ALERT = "alert"
    TOLD = "told"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; `subject` is the id of what it is about, "" if that has none."""

    at: datetime
    kind: MomentKind
    text: str
    subject: str = ""


def timeline(
    incident: Incident,
    anomalies: Iterable[Anomaly],
    *,
    alert_changes: Sequence[AlertChange] = (),
    told: Sequence[Notification] = (),
) -> tuple[Moment, ...]:
    """Return what happened in an incident in order of time.

    `anomalies` are those that are still kept of it, in any order; of each series and kind the first
    is told, with how long it went on. `alert_changes` and `told` are the history of its alert and
    what was sent of it. Of what is too much, the earliest stays. The texts may hold what was
    logged: they are redacted, and not made safe for a terminal.
    """
    members = sorted(anomalies, key=precedence)
    moments = [
        *_changes(incident),
        *_members(incident, members),
        *_failed_trace(members),
        _detected(incident),
        *(_of_step(step) for step in incident.steps),
        *_of_alert(incident, alert_changes),
        *_told(told),
        *_end(incident),
    ]
    return tuple(sorted(moments, key=_order))


def _order(moment: Moment) -> tuple[datetime, int, str]:
    return moment.at, list(MomentKind).index(moment.kind), moment.text


def _changes(incident: Incident) -> Iterator[Moment]:
    latest_first = sorted(incident.changes, key=lambda change: change.at, reverse=True)
    for change in latest_first[:MOST_CHANGES]:
        where = f" of {change.service}" if change.service else ""
        when = _apart(incident.started_at - change.at)
        text = f"Changed: {change.what}{where}{when}"
        yield Moment(change.at, MomentKind.CHANGE, _cut(text), change.change_id)


def _apart(before: timedelta) -> str:
    seconds = before.total_seconds()
    if seconds < 0:
        return f", {duration_words(-before)} after it began"
    return f", {duration_words(before)} before it began"


def _members(incident: Incident, members: Sequence[Anomaly]) -> Iterator[Moment]:
    strayed: dict[tuple[Series, str], list[Anomaly]] = {}
    for anomaly in members:
        strayed.setdefault((anomaly.series, called(anomaly)), []).append(anomaly)
    for position, each in enumerate(list(strayed.values())[:MOST_MEMBERS]):
        kind = MomentKind.MEMBER if position else MomentKind.ONSET
        first = each[0]
        yield Moment(first.started_at, kind, _strayed(incident, each), first.anomaly_id)


def _strayed(incident: Incident, alike: Sequence[Anomaly]) -> str:
    first = alike[0]
    ids = {anomaly.anomaly_id for anomaly in alike}
    is_named = incident.root_cause.anomaly_id in ids and not cause_caution(incident)
    cause = ", the root cause" if is_named else ""
    what = first.description.partition(". ")[0]
    text = _cut(f"{called(first)} in {first.series}{cause}: {what}")
    lasted = alike[-1].detected_at - first.started_at
    more = f"; {len(alike)} times in {duration_words(lasted)}" if len(alike) > 1 else ""
    reason = incident.reasons.get(first.anomaly_id)
    return f"{text}{more}{_cut(f' ({reason})') if reason else ''}"


def _failed_trace(members: Sequence[Anomaly]) -> Iterator[Moment]:
    """Yield the first trace of which it is known when it failed."""
    traced = [(seen, anomaly) for anomaly in members for seen in anomaly.evidence if seen.trace_id]
    if traced:
        seen, anomaly = min(traced, key=lambda pair: _first_seen(pair[0]))
        text = f"The first failing trace {seen.trace_id} in {anomaly.series}: {seen.exemplar}"
        yield Moment(seen.first_seen_at, MomentKind.FAILED_TRACE, _cut(text), seen.trace_id or "")


def _first_seen(seen: Evidence) -> tuple[datetime, str]:
    return seen.first_seen_at, seen.trace_id or ""


def _detected(incident: Incident) -> Moment:
    after = duration_words(incident.first_detected_at - incident.started_at)
    text = f"Detected, {after} after it began"
    return Moment(incident.first_detected_at, MomentKind.DETECTED, text, incident.incident_id)


def _of_step(step: IncidentStep) -> Moment:
    note = f": {step.note}" if step.note else ""
    match step.kind:
        case StepKind.MERGED:
            text = f"{step.incident_id} became part of it{note}"
        case StepKind.RAISED:
            text = f"Raised {step.note}"
        case StepKind.CEASED:
            text = step.note
        case StepKind.REOPENED:
            text = f"Reopened by {step.by}{note}"
        case StepKind.RESOLVED:
            text = f"Resolved by {step.by}{note}"
    return Moment(step.at, MomentKind(step.kind.value), _cut(text), step.incident_id or "")


def _of_alert(incident: Incident, changes: Sequence[AlertChange]) -> Iterator[Moment]:
    for change in changes[:MOST_TOLD]:
        # That the incident ended is told of the incident.
        if change.status in _ALERT_WORDS:
            note = f": {change.note}" if change.note else ""
            text = f"{_ALERT_WORDS[change.status]} by {change.by}{note}"
            yield Moment(change.changed_at, MomentKind.ALERT, _cut(text), incident.alert_id or "")


def _told(told: Sequence[Notification]) -> Iterator[Moment]:
    for each in told[:MOST_TOLD]:
        if each.status is NotificationStatus.SENT and each.sent_at is not None:
            text = f"{each.channel_id} was told that it is {each.transition.value}"
            yield Moment(each.sent_at, MomentKind.TOLD, text, each.key)


def _end(incident: Incident) -> Iterator[Moment]:
    if incident.resolved_at is not None and incident.status is IncidentStatus.RESOLVED:
        by = f"Resolved by {incident.resolved_by}" if incident.resolved_by else "Quiet again"
        text = f"{by}, after {duration_words(incident.resolved_at - incident.started_at)}"
        yield Moment(incident.resolved_at, MomentKind.RESOLVED, text, incident.incident_id)
    if incident.merged_into is not None:
        text = f"Became part of {incident.merged_into}"
        yield Moment(incident.last_detected_at, MomentKind.MERGED, text, incident.merged_into)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
