"""An incident on a terminal: what broke, because of what, and what happened when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from vigil.adapters.plain_text import plain
from vigil.incidents.call_tree import CallNode
from vigil.incidents.root_cause import precedence
from vigil.incidents.timeline import Moment, MomentKind
from vigil.incidents.title import called, counted
from vigil.local.sentences import time_of
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.impact import Impact
from vigil.model.incident import Incident
from vigil.model.percent import percent
from vigil.model.received_group import ReceivedGroup
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.suspect import Suspect
from vigil.model.verdict import cause_caution, cause_confidence
from vigil.stores.incident_story import IncidentStory

MOST_MEMBERS = 20
SEVERITY_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_LABEL, _QUIET, _FAILED = "bold", "dim", "red"
_INDENT = (0, 0, 0, 2)
_WORTH_SHOWING = 0.01
_MOMENT_STYLES = {
    MomentKind.CHANGE: "yellow",
    MomentKind.ONSET: "red",
    MomentKind.FAILED_TRACE: "red",
    MomentKind.RESOLVED: "green",
}


def show_story(tenant_id: str, story: IncidentStory) -> RenderableType:
    """Return all that there is to say of an incident; nothing in it is markup.

    Sections of which nothing is known are left out. Its links are apart, see `link_lines`.
    """
    incident = story.incident
    return Group(
        *_heading(tenant_id, incident),
        *_section("Root cause", _cause(incident)),
        *_section("Suspects", _suspects(incident.suspects)),
        *_section("Who calls it", [_tree(story)]),
        *_section("What happened (UTC)", [_timeline(story.moments)]),
        *_section("Changed shortly before", (_change(incident))),
        *_section("What its failures have in common", _differences(incident)),
        *_section("Impact", _impact(incident.impact)),
        *_section("Alerts of others", _received(incident.received)),
        *_section("Members", _members(story)),
    )


def incident_list(listed: Iterable[tuple[str, Incident]]) -> RenderableType:
    """Return what there is to say of incidents in few lines each, with their tenants' ids.

    Nothing is cut off, however narrow the terminal is: the ids are there to be copied.
    """
    return Group(*(line for tenant_id, each in listed for line in _listed(tenant_id, each)))


def _listed(tenant_id: str, incident: Incident) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{incident.incident_id}  ", _LABEL),
        (incident.severity.value, SEVERITY_STYLES[incident.severity]),
        f"  {_state(incident)}",
        (f"  ({tenant_id})", _QUIET),
        overflow="fold",
    )
    yield Padding(Text(plain(incident.title)), _INDENT)
    yield Padding(Text(f"because of {plain(_blamed(incident))}{_doubt(incident)}"), _INDENT)


def _doubt(incident: Incident) -> str:
    caution = cause_caution(incident)
    return f"? {plain(caution)}" if caution else ""


def _heading(tenant_id: str, incident: Incident) -> Iterator[RenderableType]:
    yield Text.assemble(
        (incident.severity.value.upper(), SEVERITY_STYLES[incident.severity]),
        "  ",
        (plain(incident.title), _LABEL),
    )
    alert = f", alert {incident.alert_id}" if incident.alert_id else ", nobody was woken"
    reach = f"{incident.anomaly_count} anomalies, {counted(incident.affected)}"
    state = f"{_state(incident)}, {reach}{alert}"
    yield Text(f"{incident.incident_id} of {tenant_id}, {state}", style=_QUIET)


def _state(incident: Incident) -> str:
    if incident.merged_into is not None:
        return f"{_span(incident)}, now part of {incident.merged_into}"
    return _span(incident)


def _span(incident: Incident) -> str:
    since = _instant(incident.started_at)
    if incident.resolved_at is None:
        return f"{incident.status.value} since {since} UTC"
    by = f" by {plain(incident.resolved_by)}" if incident.resolved_by else ""
    return f"{since} to {_instant(incident.resolved_at)} UTC, resolved{by}"


def _cause(incident: Incident) -> Iterator[RenderableType]:
    caution, sure = cause_caution(incident), percent(cause_confidence(incident))
    if caution:
        yield Text(f"{plain(caution)}. What strayed leads to:", style=_QUIET)
    yield Text.assemble((plain(_blamed(incident)), _LABEL), f"  (confidence {sure})")
    yield Text(plain(incident.root_cause.issue))
    yield Text(plain(incident.root_cause.reason))


def _blamed(incident: Incident) -> str:
    return _place(Series(incident.root_cause.service, incident.root_cause.endpoint))


def _place(series: Series) -> str:
    return f"{series.endpoint} of {series.service}" if series.endpoint else series.service


def _suspects(suspects: Sequence[Suspect]) -> Iterator[RenderableType]:
    for suspect in [each for each in suspects if each.confidence >= _WORTH_SHOWING]:
        place = plain(_place(Series(suspect.service, suspect.endpoint)))
        yield Text.assemble((f"{percent(suspect.confidence):>8}  ", _LABEL), place)
        for proof in suspect.proofs:
            yield Padding(Text(f"{proof.ground.value}: {plain(proof.text)}"), (0, 0, 0, 10))


def _tree(story: IncidentStory) -> Tree:
    note = "" if cause_caution(story.incident) else "root cause"
    tree = Tree(_node(story.cause, note), guide_style=_QUIET)
    _grow(tree, story.cause)
    return tree


def _grow(tree: Tree, node: CallNode) -> None:
    for caller in node.callers:
        share = caller.request_share
        note = "" if share is None else f"in {percent(share)} of its requests"
        _grow(tree.add(_node(caller, note, "called by ")), caller)


def _node(node: CallNode, note: str, before: str = "") -> Text:
    mark, style = ("✗ ", _FAILED) if node.is_affected else ("· ", "")
    words = f"  {note}" if note else ""
    return Text.assemble(
        (mark, style), (before, _QUIET), (plain(_place(node.series)), style), words
    )


def _timeline(moments: Sequence[Moment]) -> Table:
    table = Table.grid(padding=(0, 2))
    days = {moment.at.astimezone(UTC).date() for moment in moments}
    for moment in moments:
        at = time_of(moment.at) if len(days) == 1 else _instant(moment.at)
        table.add_row(
            Text(at, style=_QUIET),
            Text(plain(moment.text), style=_MOMENT_STYLES.get(moment.kind, "")),
        )
    return table


def _change(incident: Incident) -> Iterator[RenderableType]:
    for change in incident.changes:
        where = f" of {plain(change.service)}" if change.service else ""
        kind = f"{change.kind.value}: "
        yield Text(f"{_instant(change.at)}  {kind}{plain(change.what)}{where}")


def _differences(incident: Incident) -> Iterator[RenderableType]:
    for difference in incident.differences:
        service = f"{plain(difference.service)}: " if difference.service else ""
        yield Text(f"{service}{plain(difference.text)}")


def _impact(impact: Impact | None) -> Iterator[RenderableType]:
    if impact is None:
        return
    yield Text(f"{impact.failed} of {impact.requests} requests failed")
    if impact.users is not None:
        share = "" if impact.user_share is None else f", {percent(impact.user_share)} of those seen"
        yield Text(f"about {impact.users} users were hit{share}")
    if impact.budget_burned is not None:
        yield Text(f"{percent(impact.budget_burned, digits=1)} of a month's error budget is gone")
    if impact.spread:
        yield Text(f"in this order: {plain(' → '.join(impact.spread))}")


def _received(groups: Sequence[ReceivedGroup]) -> Iterator[RenderableType]:
    for group in groups:
        state = ("fires", _FAILED) if group.is_firing else ("over ", _QUIET)
        services = plain(", ".join(group.services))
        yield Text.assemble(
            state, f"  {plain(group.name)} in {services}", (f"  {group.source.known_as}", _QUIET)
        )


def _members(story: IncidentStory) -> Iterator[RenderableType]:
    """Yield a line for each series and kind: what each window said is in the timeline."""
    alike: dict[tuple[Series, AnomalyType], list[Anomaly]] = {}
    for anomaly in sorted(story.anomalies, key=precedence):
        alike.setdefault((anomaly.series, anomaly.anomaly_type), []).append(anomaly)
    for several in list(alike.values())[:MOST_MEMBERS]:
        yield _member(several, story.incident.reasons)
    if len(alike) > MOST_MEMBERS:
        yield Text(f"and {len(alike) - MOST_MEMBERS} more", style=_QUIET)


def _member(several: Sequence[Anomaly], reasons: Mapping[str, str]) -> Text:
    first, gravest = several[0], max(several, key=lambda each: each.severity.rank).severity
    times = f" {len(several)} times" if len(several) > 1 else ""
    reason = next((reasons[a.anomaly_id] for a in several if a.anomaly_id in reasons), "")
    return Text.assemble(
        (f"{time_of(first.started_at)}  ", _QUIET),
        (f"{gravest.value:9}", SEVERITY_STYLES[gravest]),
        f"{plain(called(first))} in {plain(_place(first.series))}{times}",
        (f": {plain(reason)}" if reason else "", _QUIET),
    )


def link_lines(story: IncidentStory) -> list[str]:
    """Return the links, a line each; they are to be printed without folding them."""
    return [f"{plain(link.title)} ({link.project_id}): {link.url}" for link in story.links]


def _section(heading: str, rows: Iterable[RenderableType]) -> Iterator[RenderableType]:
    shown = list(rows)
    if shown:
        yield Rule(Text(heading, style=_LABEL), align="left", style=_QUIET)
        yield Padding(Group(*shown), _INDENT)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
