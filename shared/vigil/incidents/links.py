"""Where to look further: an incident's logs and traces in Google Cloud's console."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from vigil.model.incident import Incident
from vigil.model.instant import instant_as_text

MOST_PROJECTS = 3
_CONSOLE = "https://console.cloud.google.com"
_AROUND = timedelta(minutes=5)
_MOST_SERVICES = 5
# What Cloud Trace takes for the id of a trace; logs may carry others.
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Link:
    """An address in the console, what it shows, and of which project."""

    title: str
    project_id: str
    url: str


def links(incident: Incident, project_ids: Sequence[str]) -> tuple[Link, ...]:
    """Return the links of an incident, for each of the first projects of its tenant.

    A service is looked for in all fields of an entry, since it may be named in many. Without a
    project there are none.
    """
    return tuple(link for each in project_ids[:MOST_PROJECTS] for link in _of(incident, each))


def _of(incident: Incident, project_id: str) -> Iterator[Link]:
    trace_id = incident.trace_id
    if trace_id is not None and _TRACE_ID.fullmatch(trace_id):
        path = f"/traces/explorer;traceId={trace_id}"
        yield Link("The failing trace", project_id, _url(path, project_id))
    if trace_id is not None:
        query = f"trace={_quoted(f'projects/{project_id}/traces/{trace_id}')}"
        yield Link("Its log entries", project_id, _logs_url(incident, project_id, query))
    cause = incident.root_cause.service
    if cause:
        yield Link(
            f"What {cause} logged", project_id, _logs_url(incident, project_id, _worse([cause]))
        )
    affected = sorted({series.service for series in incident.affected if series.service})
    if affected and affected != [cause]:
        query = _worse(affected[:_MOST_SERVICES])
        yield Link(
            "What the affected services logged", project_id, _logs_url(incident, project_id, query)
        )


def _worse(services: Sequence[str]) -> str:
    """Return a query for what services logged that is worse than usual.

    Without brackets, which the console escapes in a way of its own: a line's end is an AND, and OR
    binds closer.
    """
    named = " OR ".join(_quoted(service) for service in services)
    return f"severity>=WARNING\n{named}"


def _logs_url(incident: Incident, project_id: str, query: str) -> str:
    ended_at = incident.resolved_at or incident.last_detected_at
    span = f"{_second(incident.started_at - _AROUND)}/{_second(ended_at + _AROUND)}"
    asked = f"query={quote(query, safe='')};timeRange={quote(span, safe='')}"
    return _url(f"/logs/query;{asked}", project_id)


def _url(path: str, project_id: str) -> str:
    """Return an address in the form of the console, whose parameters stand in the path."""
    return f"{_CONSOLE}{path}?{urlencode({'project': project_id})}"


def _second(at: datetime) -> str:
    return instant_as_text(at.replace(microsecond=0))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
