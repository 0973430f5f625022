"""What strays again soon after it was quiet reopens its incident: one alert, not a second one."""

from dataclasses import replace

import pytest

from tests.cascades import alerts, cascade, incidents, later, resolve_alert, strayed
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.model.alert import AlertStatus
from vigil.model.anomaly import AnomalyType
from vigil.model.channel import Channel, ChannelKind
from vigil.model.incident import IncidentStatus
from vigil.model.incident_step import StepKind

# An anomaly of minute 0 is detected at 60 s and quiet at 960 s.
SOON, LATE = 20, 40
OPENED, RESOLVED = ("pager", "opened"), ("pager", "resolved")


def test_the_same_trouble_soon_after_its_end_reopens_its_incident_and_alert() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.settle(17 * 60)
        later(vigil, *cascade(SOON, "b"))

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert incident.status is IncidentStatus.OPEN
        assert (incident.resolved_at, incident.anomaly_count) == (None, 6)
        assert [step.kind for step in incident.steps] == [StepKind.RESOLVED, StepKind.REOPENED]
        assert (alert.status, alert.times_reopened) == (AlertStatus.OPEN, 1)
        assert len(vigil.bus.of_type("incident_reopened")) == 1
        assert len(vigil.bus.of_type("incident_opened")) == 1


def test_who_was_told_that_it_is_over_is_told_that_it_is_not_and_nobody_else() -> None:
    quiet = Channel("quiet", ChannelKind.TERMINAL, send_resolved=False)
    with VigilInMemory(replace(ACME, channels=(PAGER, quiet))) as vigil:
        later(vigil, *cascade())
        vigil.settle(17 * 60)
        later(vigil, *cascade(SOON, "b"))
        later(vigil, *cascade(SOON + 1, "c"))

        told = vigil.notifier.told()
        assert [each for each in told if each[0] == "pager"] == [OPENED, RESOLVED, OPENED]
        assert [each for each in told if each[0] == "quiet"] == [("quiet", "opened")]


def test_a_reopened_incident_ends_once_more_when_it_is_quiet_again() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.settle(17 * 60)
        later(vigil, *cascade(SOON, "b"))
        vigil.settle(20 * 60)
        vigil.settle(20 * 60)

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert (incident.status, alert.status) == (IncidentStatus.RESOLVED, AlertStatus.RESOLVED)
        assert vigil.notifier.told() == [OPENED, RESOLVED, OPENED, RESOLVED]


@pytest.mark.parametrize(
    ("minute", "changes"),
    [
        pytest.param(LATE, {}, id="too late"),
        pytest.param(SOON, {"endpoint": "GET /other"}, id="another series"),
        pytest.param(SOON, {"anomaly_type": AnomalyType.LATENCY_INCREASE}, id="another way"),
    ],
)
def test_anything_else_opens_an_incident_of_its_own(
    minute: int, changes: dict[str, object]
) -> None:
    with VigilInMemory() as vigil:
        later(vigil, strayed("a"))
        vigil.settle(17 * 60)
        later(vigil, strayed("b", minute, **changes))

        assert len(incidents(vigil)) == len(alerts(vigil)) == 2


def test_what_a_person_has_ended_is_not_reopened_by_what_strays_again() -> None:
    with VigilInMemory() as vigil:
        later(vigil, strayed("a"))
        resolve_alert(vigil)
        later(vigil, strayed("b", SOON))

        first, second = incidents(vigil)
        assert (first.status, first.resolved_by) == (IncidentStatus.RESOLVED, "ada")
        assert second.status is IncidentStatus.OPEN
