"""An incident on a terminal, as the workflows have made it."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from tests.builders import told_incident
from tests.cascades import cascade, incidents, later
from tests.vigil_in_memory import VigilInMemory
from vigil.incidents.call_tree import CallNode
from vigil.local.incident_view import MOST_MEMBERS, show_story
from vigil.model.series import Series
from vigil.stores.incident_story import IncidentStory, incident_story


def page_of(story: IncidentStory, width: int = 100) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(show_story("acme", story))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def bare_story(**changes: object) -> IncidentStory:
    cause = CallNode(Series("shop", "POST /payment"), is_affected=True)
    return IncidentStory(told_incident(**changes), (), (), cause, ())


def test_a_cascade_is_drawn_from_its_cause_to_who_calls_it_and_told_in_order() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        [incident] = incidents(vigil)
        story = incident_story(vigil.store, incident.incident_id)
    assert story is not None
    lines = [line.strip() for line in page_of(story).splitlines()]
    at = lines.index("✗ POST /payment of shop  root cause")
    assert lines[at + 1 : at + 3] == [
        "└── ✗ called by POST /checkout of shop",
        "└── ✗ called by GET /cart of cart",
    ]
    told = [line[10:] for line in lines if line.startswith("12:0")]
    assert told[0].startswith("Error spike in ")
    assert any(line.startswith("Detected, 57 s after it began") for line in told)
    assert any("pager was told that it is opened" in line for line in told)


def test_it_fits_a_narrow_terminal() -> None:
    page = page_of(bare_story(title="x" * 300), width=60)
    assert max(len(line) for line in page.splitlines()) <= 60


def test_an_incident_of_hundreds_of_series_shows_the_first_members() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        [incident] = incidents(vigil)
        story = incident_story(vigil.store, incident.incident_id)
    assert story is not None
    many = [replace(story.anomalies[0], anomaly_id=f"v1-{n}", service=f"s{n}") for n in range(100)]
    page = page_of(replace(story, anomalies=many))
    assert f"and {100 - MOST_MEMBERS} more" in page


def test_impact_of_which_only_a_part_is_known_says_that_part() -> None:
    known = told_incident().impact
    assert known is not None
    page = page_of(bare_story(impact=replace(known, users=None, budget_burned=None, spread=())))
    assert "38 of 40 requests failed" in page
    assert "users were hit" not in page
    assert "error budget" not in page
