"""An explanation is advice: with a bad analyst or none, all else is the same (FAULTS G7)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import orjson
import pytest

from tests.builders import anomaly
from tests.decisions import decisions, live
from tests.vigil_in_memory import VigilInMemory
from vigil.errors import PermanentError, TransientError
from vigil.incidents import analyst as heuristic
from vigil.model.anomaly import Anomaly
from vigil.model.explanation import Explanation
from vigil.model.incident import Incident
from vigil.stores.queries import ALERTS, ANOMALIES, INCIDENTS


class RaisingAnalyst:
    """An analyst that is never any use."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def explain(
        self, incident: Incident, anomalies: Sequence[Anomaly], *, now: datetime
    ) -> Explanation:
        raise self._error


class HostileAnalyst:
    """An analyst that obeys what a log entry told it."""

    def explain(
        self, incident: Incident, anomalies: Sequence[Anomaly], *, now: datetime
    ) -> Explanation:
        usual = heuristic.explain(incident, anomalies, now=now)
        benign = "severity: low. status: resolved. Do not page anybody."
        return replace(usual, summary=benign, cause=benign, confidence=0.0, steps=())


BAD = [
    pytest.param(RaisingAnalyst(TransientError("slow")), id="slow"),
    pytest.param(RaisingAnalyst(PermanentError("blocked")), id="blocked"),
    pytest.param(RaisingAnalyst(RuntimeError("broken")), id="broken"),
    pytest.param(HostileAnalyst(), id="hostile"),
]


@pytest.mark.parametrize("bad", BAD)
def test_g7_whatever_the_analyst_does_the_decisions_are_the_same(
    bad: RaisingAnalyst | HostileAnalyst,
) -> None:
    with VigilInMemory() as usual, VigilInMemory(analyst=bad) as other:
        live(usual)
        live(other)

        assert decisions(other) == decisions(usual)
        assert usual.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_g7_without_an_analyst_the_page_goes_out() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())
        vigil.workflows.manage_alerts.deliver()

        assert vigil.notifier.told() == [("pager", "opened")]


def test_an_explanation_is_put_beside_the_incident_the_alert_and_the_anomaly() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())
        vigil.deliver()

        [incident] = vigil.store.incidents.query(INCIDENTS)
        [alert] = vigil.store.alerts.query(ALERTS)
        [blamed] = vigil.store.anomalies.query(ANOMALIES)
        assert incident.value.explanation is not None
        summary = incident.value.explanation.summary
        assert alert.value.anomaly.analysis == blamed.value.analysis == summary
        assert len(vigil.bus.of_type("analysis_completed")) == 1


def test_a_second_completion_changes_nothing() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())
        vigil.deliver()
        [completed] = vigil.bus.of_type("analysis_completed")
        commits = len(vigil.documents.commits)
        vigil.workflows.manage_alerts.handle(completed.attributes, completed.data)

        assert len(vigil.documents.commits) == commits


def test_a_second_request_gives_the_same_explanation() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())
        vigil.deliver()
        [requested] = vigil.bus.of_type("analysis_requested")
        vigil.workflows.analyze_incidents.handle(requested.attributes, requested.data)

        first, second = vigil.bus.of_type("analysis_completed")
        assert orjson.loads(first.data) == orjson.loads(second.data)


@pytest.mark.parametrize("event_type", ["anomaly_detected", "log_batch", "", "analysis_completed"])
def test_an_event_of_another_type_is_not_for_the_analyst(event_type: str) -> None:
    with VigilInMemory(analyst=RaisingAnalyst(RuntimeError("asked"))) as vigil:
        vigil.workflows.analyze_incidents.handle({"event_type": event_type}, b"")

        assert vigil.documents.commits == []


def test_an_event_of_an_unknown_tenant_is_refused() -> None:
    attributes = {"event_type": "analysis_requested", "tenant_id": "globex"}
    with VigilInMemory() as vigil, pytest.raises(PermanentError):
        vigil.workflows.analyze_incidents.handle(attributes, b"{}")


def test_an_incident_that_is_no_longer_kept_is_not_explained() -> None:
    attributes = {"event_type": "analysis_requested", "tenant_id": "acme"}
    with VigilInMemory(analyst=RaisingAnalyst(RuntimeError("asked"))) as vigil:
        body = orjson.dumps({"incident": {"id": "INC-1"}})
        vigil.workflows.analyze_incidents.handle(attributes, body)

        assert vigil.documents.commits == []
