"""What a notification says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly, incident
from vigil.alerting.lifecycle import open_alert, resolve
from vigil.alerting.message import compose
from vigil.model.alert import Alert
from vigil.model.explanation import Explanation
from vigil.model.incident import Incident
from vigil.model.notification import AlertMessage, Transition
from vigil.model.series import Series
from vigil.model.suspect import Suspect

URL = "https://vigil.example/alerts/v1-alert"
ROOT = anomaly(recommended_actions=tuple(f"Step {n}" for n in range(9)))
OPEN = open_alert(incident(), ROOT, channels=())
RESOLVED = resolve(OPEN, by="ann", now=NOON + timedelta(minutes=5), note="rolled back")


def composed(
    alert: Alert, about: Incident, transition: Transition = Transition.OPENED
) -> AlertMessage:
    return compose(alert, about, transition, key="v1-key", url=URL)


def test_a_message_says_what_why_since_when_and_how_far_it_reaches() -> None:
    affected = (ROOT.series, Series("shop", "POST /checkout"), Series("old", "POST /checkout"))

    suspects = (Suspect("shop", "POST /payment", 0.9),)
    message = composed(OPEN, incident(affected=affected, suspects=suspects))

    assert message == AlertMessage(
        key="v1-key",
        transition=Transition.OPENED,
        alert_id=OPEN.alert_id,
        incident_id=OPEN.incident_id,
        severity=OPEN.severity,
        title="Error spike in POST /payment",
        why="38 of 40 requests failed, usually 0 of 42",
        since=NOON + timedelta(seconds=3),
        root_cause="POST /payment alone is affected",
        affected=("POST /payment", "POST /checkout"),
        steps=("Step 0", "Step 1", "Step 2", "Step 3", "Step 4", "Step 5"),
        url=URL,
    )


def test_a_message_says_so_where_there_is_not_enough_evidence_to_name_a_cause() -> None:
    message = composed(OPEN, incident())

    assert message.root_cause == "Not enough evidence to name one; POST /payment alone is affected"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(("Roll back",), ("Roll back",), id="the analyst's"),
        pytest.param((), ROOT.recommended_actions[:6], id="it had none: the anomaly's"),
    ],
)
def test_g7_an_explanation_gives_steps_and_nothing_else(
    steps: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    advice = Explanation("v1-f", "gemini", "all is well", "nothing", 1.0, (), steps, NOON)

    message = composed(OPEN, incident(explanation=advice))

    assert message == replace(composed(OPEN, incident()), steps=expected)


@pytest.mark.parametrize(
    ("transition", "note"),
    [
        pytest.param(Transition.OPENED, None, id="opened"),
        pytest.param(Transition.RESOLVED, "rolled back", id="resolved"),
    ],
)
def test_only_the_end_is_told_with_the_note(transition: Transition, note: str | None) -> None:
    message = composed(RESOLVED, incident(), transition)

    assert (message.transition, message.note) == (transition, note)
