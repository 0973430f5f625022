"""How bad an incident is by whom it hits."""

from collections.abc import Iterator
from dataclasses import replace

from vigil.model.impact import Impact
from vigil.model.incident import MOST_STEPS, Incident
from vigil.model.incident_step import IncidentStep, StepKind
from vigil.model.percent import percent
from vigil.model.severity import Severity

# Fewer may be one customer who tries again and again.
FEWEST_USERS = 10
FEWEST_FAILED = 50
# Of users who were seen, and of requests of the affected endpoints.
_SHARES = ((0.25, Severity.CRITICAL), (0.05, Severity.HIGH))
_FAILED_SHARES = ((0.5, Severity.CRITICAL), (0.1, Severity.HIGH))
# Two per cent of a month's error budget are the least for which the Site Reliability Workbook wakes
# somebody (chapter 5, "Alerting on SLOs"); ten are what it allows in three days.
_BURNED = ((0.1, Severity.CRITICAL), (0.02, Severity.HIGH))

Levels = tuple[tuple[float, Severity], ...]


def raised_by_impact(incident: Incident) -> Incident:
    """Return an incident with the severity that its impact asks for; it is never lowered.

    A step remembers that it was raised, and why. Raising it again changes nothing.
    """
    found = max(_grounds(incident.impact), key=lambda ground: ground[0].rank, default=None)
    if found is None or found[0].rank <= incident.severity.rank:
        return incident
    severity, why = found
    note = f"to {severity.value}: {why}"
    step = IncidentStep(StepKind.RAISED, incident.last_detected_at, "vigil", note)
    return replace(incident, severity=severity, steps=(*incident.steps, step)[-MOST_STEPS:])


def _grounds(impact: Impact | None) -> Iterator[tuple[Severity, str]]:
    if impact is None:
        return
    share = impact.user_share or 0.0
    if (impact.users or 0) >= FEWEST_USERS:
        yield from _reached(share, _SHARES, f"{percent(share)} of users are hit")
    if impact.failed >= FEWEST_FAILED:
        failed = impact.failed / max(impact.requests, 1)
        yield from _reached(failed, _FAILED_SHARES, f"{percent(failed)} of requests fail")
        # By their rate alone, five failures in two minutes would be three per cent of a month.
        burned = impact.budget_burned or 0.0
        yield from _reached(burned, _BURNED, f"{percent(burned)} of a month's error budget is gone")


def _reached(value: float, levels: Levels, why: str) -> Iterator[tuple[Severity, str]]:
    yield from ((severity, why) for at_least, severity in levels if value >= at_least)
