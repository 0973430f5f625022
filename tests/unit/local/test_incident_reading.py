"""Incidents as an operator reads them, on whatever terminal there is."""

import io
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType

from tests.builders import NOON, anomaly, incident, told_incident
from vigil.incidents.call_tree import CallNode
from vigil.incidents.timeline import timeline
from vigil.local.incident_view import incident_list, show_story
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.suspect import Suspect
from vigil.stores.incident_story import IncidentStory

MERGED = incident(
    incident_id="INC-2-merged", status=IncidentStatus.MERGED, merged_into="INC-1768910460-8eb7bb"
)
ENDED = incident(
    status=IncidentStatus.RESOLVED, resolved_at=NOON + timedelta(minutes=30), resolved_by="kim"
)
LIKELY = incident(suspects=(Suspect("shop", "POST /payment", 0.97),))


def printed(shown: RenderableType, width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), record=True, width=width, color_system=None)
    console.print(shown)
    return [line.rstrip() for line in console.export_text().splitlines()]


def story(told: Incident) -> IncidentStory:
    members = [anomaly()]
    cause = CallNode(members[0].series, is_affected=True)
    return IncidentStory(told, members, timeline(told, members), cause, ())


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_however_narrow_the_terminal_is_the_list_can_be_copied_from(width: int) -> None:
    lines = printed(incident_list([("acme", LIKELY), ("acme", MERGED)]), width)
    assert [line.split()[0] for line in lines if line.startswith("INC-")][:2] == [
        "INC-1768910460-8eb7bb",
        "INC-2-merged",
    ]
    page = " ".join(" ".join(lines).split())
    assert "Error spike in POST /payment" in page
    assert "now part of INC-1768910460-8eb7bb" in page
    assert "…" not in page


def test_the_list_says_when_it_was_who_ended_it_and_what_may_be_relied_on() -> None:
    assert printed(incident_list([("acme", LIKELY), ("globex", ENDED)]), 120) == [
        "INC-1768910460-8eb7bb  high  open since 2026-01-20 12:00:03 UTC  (acme)",
        "  Error spike in POST /payment",
        "  because of POST /payment of shop",
        "INC-1768910460-8eb7bb  high  2026-01-20 12:00:03 to 2026-01-20 12:30:00 UTC, resolved by "
        "kim  (globex)",
        "  Error spike in POST /payment",
        "  because of POST /payment of shop? Not enough evidence to name one",
    ]


@pytest.mark.parametrize("width", [30, 80])
def test_a_page_is_folded_and_nothing_of_it_is_cut(width: int) -> None:
    page = " ".join(" ".join(printed(show_story("acme", story(told_incident())), width)).split())
    for said in ("87% POST /charge of bank", "36 failing traces end in it", "Reopened by kim"):
        assert said in page


def test_a_page_names_the_cause_with_how_sure_that_is() -> None:
    page = printed(show_story("acme", story(LIKELY)))
    assert "  POST /payment of shop  (confidence 97%)" in page
    assert not [line for line in page if "Not enough evidence" in line]


def test_a_page_says_first_that_the_cause_is_not_to_be_relied_on() -> None:
    page = printed(show_story("acme", story(incident())))
    at = page.index("  Not enough evidence to name one. What strayed leads to:")
    assert page[at + 1] == "  POST /payment of shop  (confidence 0%)"
