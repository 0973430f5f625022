"""The severity that an incident's impact asks for."""

from dataclasses import replace

import pytest

from tests.builders import incident
from vigil.incidents.impact_severity import raised_by_impact
from vigil.model.impact import Impact
from vigil.model.incident_step import StepKind
from vigil.model.severity import Severity

MANY = Impact(requests=1000, failed=60, users=40, user_share=0.04, budget_burned=0.001)


@pytest.mark.parametrize(
    ("impact", "severity"),
    [
        pytest.param(None, Severity.LOW, id="not known"),
        pytest.param(Impact(), Severity.LOW, id="nobody"),
        pytest.param(MANY, Severity.LOW, id="few of many"),
        pytest.param(replace(MANY, user_share=0.06), Severity.HIGH, id="many users"),
        pytest.param(replace(MANY, user_share=0.3), Severity.CRITICAL, id="a third of users"),
        pytest.param(replace(MANY, users=3, user_share=1.0), Severity.LOW, id="three users"),
        pytest.param(replace(MANY, failed=120), Severity.HIGH, id="many requests"),
        pytest.param(replace(MANY, failed=600), Severity.CRITICAL, id="most requests"),
        pytest.param(Impact(requests=40, failed=40), Severity.LOW, id="forty requests"),
        pytest.param(replace(MANY, budget_burned=0.02), Severity.HIGH, id="a page's budget"),
        pytest.param(replace(MANY, budget_burned=0.4), Severity.CRITICAL, id="days of budget"),
    ],
)
def test_whom_it_hits_says_how_bad_it_is(impact: Impact | None, severity: Severity) -> None:
    raised = raised_by_impact(incident(severity=Severity.LOW, impact=impact))
    assert raised.severity is severity


def test_it_is_never_lowered_and_raised_once() -> None:
    hit = replace(MANY, user_share=0.06)
    critical = incident(severity=Severity.CRITICAL, impact=hit)
    assert raised_by_impact(critical) == critical
    raised = raised_by_impact(incident(severity=Severity.MEDIUM, impact=hit))
    assert raised_by_impact(raised) == raised


def test_a_step_says_why_it_was_raised() -> None:
    raised = raised_by_impact(incident(severity=Severity.LOW, impact=replace(MANY, user_share=0.3)))
    (step,) = raised.steps
    assert (step.kind, step.by, step.note) == (
        StepKind.RAISED,
        "vigil",
        "to critical: 30% of users are hit",
    )
