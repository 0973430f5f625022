"""What a replay shows to people is complete, and safe to show."""

import io

import pytest
from rich.console import Console

from tests.builders import anomaly, incident
from vigil.local.replay import Summary
from vigil.local.replay_report import Report, as_json, show
from vigil.model.incident import IncidentStatus, RootCause
from vigil.model.outcome import Outcomes


def summary(**changes: object) -> Summary:
    fields: dict[str, object] = {
        "received": 4,
        "outcomes": Outcomes(received=4, processed=3, invalid=1),
        "anomalies": {},
        "incidents": [],
        "alerts": 0,
        "notifications": 0,
    }
    return Summary(**(fields | changes))  # type: ignore[arg-type] # each test names real fields


def shown(found: Summary, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    show(Report(found, 2.0), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_g1_the_equation_is_shown_as_it_stands() -> None:
    assert "4 received = 3 processed + 0 duplicate" in shown(summary())
    assert "5 received ≠ 3 processed" in shown(summary(received=5))


@pytest.mark.parametrize(
    ("reasons", "line"),
    [
        pytest.param({"not JSON": 1}, "Invalid: not JSON 1\n", id="one"),
        pytest.param(
            {f"reason {n}": n for n in range(1, 8)},
            "Invalid: reason 7 7, reason 6 6, reason 5 5, reason 4 4, reason 3 3, ...\n",
            id="the five most frequent of seven",
        ),
    ],
)
def test_invalid_entries_are_shown_by_reason(reasons: dict[str, int], line: str) -> None:
    assert line in shown(summary(reasons=reasons))


def test_what_is_no_export_at_all_is_said_to_be_none() -> None:
    nothing = Outcomes(received=4, invalid=4)

    assert "--format=json" in shown(summary(outcomes=nothing))
    assert "--format=json" not in shown(summary())


def test_late_entries_are_explained() -> None:
    late = Outcomes(received=4, processed=4, late=2)

    assert "2 of the processed came after their window was judged" in shown(summary(outcomes=late))


def test_d19_what_was_logged_cannot_write_to_the_terminal() -> None:
    hostile = "\x1b[2J[bold]POST /pay\x07\nCRITICAL"
    cause = RootCause("v1-a", "shop", hostile, hostile, 1.0, hostile)
    found = incident(title=hostile, root_cause=cause, affected=(anomaly(endpoint=hostile).series,))

    text = shown(summary(incidents=[found]))

    assert "[bold]POST /pay CRITICAL" in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text


def test_what_became_part_of_another_incident_is_not_counted_twice() -> None:
    merged = incident(incident_id="INC-2", status=IncidentStatus.MERGED, merged_into="INC-1")
    report = Report(summary(incidents=[incident(incident_id="INC-1"), merged]), 2.0)

    assert [each.incident_id for each in report.incidents] == ["INC-1"]
    assert "INC-2" not in as_json(report)
    assert "1 incident," in shown(report.summary)


def test_more_incidents_than_anybody_reads_are_counted() -> None:
    many = [incident(incident_id=f"INC-{n:03}") for n in range(60)]

    text = shown(summary(incidents=many))

    assert "INC-049" in text
    assert "INC-050" not in text
    assert "10 more incidents; --json lists them all." in text


def test_no_time_at_all_is_no_speed() -> None:
    assert Report(summary(), 0.0).entries_per_second == 0.0
