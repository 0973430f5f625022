"""An error spike and the error line that makes it are told once."""

import pytest

from vigil.detection.finding import Finding
from vigil.detection.place import Place
from vigil.detection.template_count import TemplateCount
from vigil.detection.together import failures_once
from vigil.detection.told import Told
from vigil.model.anomaly import AnomalyType
from vigil.model.series import Series
from vigil.model.severity import Severity


def count(text: str, failed: int = 5) -> TemplateCount:
    return TemplateCount(text, 5, failed, 0, 0)


def told(endpoint: str, finding: Finding) -> Told:
    return Told(Place("acme", Series("shop", endpoint), 0, 60), (), finding)


def spike(severity: Severity = Severity.LOW) -> Finding:
    evidence = (count("often"), count("declined"), count("lost"))
    return Finding(AnomalyType.ERROR_SPIKE, severity, 0.9, "many fail", evidence=evidence)


def line(*evidence: TemplateCount) -> Finding:
    return Finding(
        AnomalyType.UNUSUAL_PATTERN, Severity.MEDIUM, 0.9, "one is new", evidence=evidence
    )


def test_a_line_that_failed_is_told_with_the_spike_that_it_makes() -> None:
    (one,) = failures_once([told("GET /", line(count("new"))), told("GET /", spike())])
    assert one.finding.anomaly_type is AnomalyType.ERROR_SPIKE
    assert one.finding.description == "many fail. one is new"
    assert [each.text for each in one.finding.evidence] == ["new", "often", "declined"]


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.CRITICAL])
def test_it_is_as_grave_as_the_graver_of_both(severity: Severity) -> None:
    (one,) = failures_once([told("GET /", spike(severity)), told("GET /", line(count("new")))])
    assert one.finding.severity.rank == max(severity.rank, Severity.MEDIUM.rank)


@pytest.mark.parametrize(
    "both",
    [
        pytest.param(
            [told("GET /", spike()), told("POST /", line(count("new")))], id="another endpoint"
        ),
        pytest.param(
            [told("GET /", spike()), told("GET /", line(count("paid", failed=0)))],
            id="a line that no longer comes",
        ),
        pytest.param([told("GET /", spike()), told("GET /", line())], id="far more requests"),
        pytest.param([told("GET /", line(count("new")))], id="no spike"),
    ],
)
def test_what_else_is_told_stands_for_itself(both: list[Told]) -> None:
    assert failures_once(both) == both
