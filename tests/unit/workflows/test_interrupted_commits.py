"""Commits that fail, or succeed without anybody hearing of it, at every place (FAULTS B03, B10)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import TransientError
from vigil.model.outcome import Outcomes
from vigil.ports import Write
from vigil.stores.queries import ALERT_HISTORY, ALERTS, ANOMALIES, DUE_EVENTS, INCIDENTS

# So many commits has the scenario when nothing goes wrong, and some more when something does.
COMMITS = range(30)
FAILING = 40


@contextmanager
def lived_through(interrupted: int | None, *, applied: bool) -> Iterator[VigilInMemory]:
    """Live through an outage in which one commit is interrupted, and go on until all is quiet."""
    with VigilInMemory() as vigil:
        passed = 0

        def interrupt(_writes: Sequence[Write]) -> None:
            nonlocal passed
            passed += 1
            if interrupted is not None and passed == interrupted + 1:
                raise TransientError("the reply was lost")

        if applied:
            vigil.documents.after = interrupt
        else:
            vigil.documents.before = interrupt
        vigil.receive(payments(FAILING, status=500))
        for seconds in (0, 200, 61, 61, 1500, 61, 61):
            with suppress(TransientError):
                vigil.settle(seconds)
        yield vigil


def picture(vigil: VigilInMemory) -> dict[str, object]:
    """Return all that has come of it, but for when exactly a message went out."""
    store = vigil.store
    alerts = [stored.value for stored in store.alerts.query(ALERTS)]
    return {
        "counters": vigil.counters(),
        "anomalies": [stored.value for stored in store.anomalies.query(ANOMALIES)],
        "incidents": [
            (i.value.incident_id, i.value.status, i.value.alert_id, i.value.explanation is not None)
            for i in store.incidents.query(INCIDENTS)
        ],
        "alerts": [(alert.alert_id, alert.status, alert.severity) for alert in alerts],
        "history": [
            [s.value.status for s in store.history(alert.alert_id).query(ALERT_HISTORY)]
            for alert in alerts
        ],
        "told": {(message.key, message.transition) for _, message in vigil.notifier.sent},
        "events": {message.attributes["ce-id"] for _, message in vigil.bus.published[1:]},
        "left": vigil.database.query(DUE_EVENTS, bound=vigil.clock()),
    }


def test_the_scenario_has_as_many_commits_as_are_interrupted() -> None:
    with lived_through(None, applied=True) as vigil:
        assert 20 <= len(vigil.documents.commits) <= len(COMMITS)
        assert vigil.outcomes() == Outcomes(received=FAILING, processed=FAILING)
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


@pytest.mark.parametrize(
    "applied", [pytest.param(True, id="applied"), pytest.param(False, id="not applied")]
)
@pytest.mark.parametrize("interrupted", COMMITS)
def test_b03_an_interrupted_commit_changes_nothing_in_the_end(
    interrupted: int, applied: bool
) -> None:
    with (
        lived_through(None, applied=True) as quiet,
        lived_through(interrupted, applied=applied) as disturbed,
    ):
        assert picture(disturbed) == picture(quiet)
        assert disturbed.given_up == []
