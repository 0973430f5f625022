"""Links into Google Cloud's console."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.builders import NOON, incident
from vigil.incidents.links import MOST_PROJECTS, Link, links
from vigil.model.series import Series

CONSOLE = "https://console.cloud.google.com"
TRACE = "0123456789abcdef0123456789abcdef"
FAILED = incident(trace_id=TRACE, resolved_at=NOON + timedelta(minutes=10, microseconds=5))


def logs_query(link: Link) -> tuple[str, str, str]:
    """Return what a link to the Logs Explorer asks for: query, time range, project.

    Its form is /logs/query;query=<encoded>;timeRange=<start>%2F<end>?project=<project>.
    """
    parts = urlsplit(link.url)
    path, *matrix = parts.path.split(";")
    assert (parts.scheme, parts.netloc, path) == (
        "https",
        "console.cloud.google.com",
        "/logs/query",
    )
    values = dict(pair.split("=", 1) for pair in matrix)
    assert list(values) == ["query", "timeRange"]
    return (
        unquote(values["query"]),
        unquote(values["timeRange"]),
        parse_qs(parts.query)["project"][0],
    )


def titled(found: tuple[Link, ...], title: str) -> Link:
    (link,) = [link for link in found if link.title == title]
    return link


def test_the_failing_trace_opens_in_cloud_trace() -> None:
    link = titled(links(FAILED, ["acme-prod"]), "The failing trace")
    assert link.url == f"{CONSOLE}/traces/explorer;traceId={TRACE}?project=acme-prod"


def test_the_entries_of_the_trace_are_asked_for_around_the_incident() -> None:
    link = titled(links(FAILED, ["acme-prod"]), "Its log entries")
    assert logs_query(link) == (
        f'trace="projects/acme-prod/traces/{TRACE}"',
        "2026-01-20T11:55:03Z/2026-01-20T12:15:00Z",
        "acme-prod",
    )


def test_what_the_cause_and_the_affected_services_logged_can_be_looked_at() -> None:
    torn = replace(FAILED, affected=(Series("web", "GET /"), Series("shop")))
    found = links(torn, ["acme-prod"])
    assert logs_query(titled(found, "What shop logged"))[0] == 'severity>=WARNING\n"shop"'
    assert (
        logs_query(titled(found, "What the affected services logged"))[0]
        == 'severity>=WARNING\n"shop" OR "web"'
    )


@pytest.mark.parametrize(
    "name",
    [
        'a"b\\c',
        "a;timeRange=PT1H",
        "a?project=other&x=#y",
        "größe ☃ 50%25",
        "a/b c+d",
        "a\n-b",
    ],
)
def test_a_name_cannot_leave_its_place_in_a_link(name: str) -> None:
    cause = replace(FAILED.root_cause, service=name)
    torn = replace(FAILED, root_cause=cause, affected=(Series(name),))
    link = titled(links(torn, ["acme-prod"]), f"What {name} logged")
    query, span, project = logs_query(link)
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    assert query == f'severity>=WARNING\n"{escaped}"'
    assert (span.count("/"), project) == (1, "acme-prod")
    assert link.url.isascii()
    assert not set(link.url) & set(' "<>\\^`{|}()\n')


def test_a_trace_that_cloud_trace_cannot_know_is_only_looked_for_in_logs() -> None:
    found = links(replace(FAILED, trace_id="abc-123-def"), ["acme-prod"])
    assert [link.title for link in found] == ["Its log entries", "What shop logged"]


def test_an_incident_that_goes_on_is_shown_up_to_what_was_detected_last() -> None:
    (link,) = links(incident(), ["acme-prod"])
    assert logs_query(link)[1] == "2026-01-20T11:55:03Z/2026-01-20T12:06:00Z"


def test_without_a_project_nothing_is_linked_and_of_many_only_the_first() -> None:
    assert links(FAILED, []) == ()
    found = links(FAILED, [f"p{number}" for number in range(9)])
    assert {link.project_id for link in found} == {f"p{n}" for n in range(MOST_PROJECTS)}
