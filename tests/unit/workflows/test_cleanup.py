"""What has expired is deleted, and nothing else."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import anomaly, raw_entry
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import TransientError
from vigil.ports import Put, Write
from vigil.stores.queries import ALERT_HISTORY, ALERTS, ANOMALIES, EXPIRED, INCIDENTS


def lived() -> VigilInMemory:
    """Return an installation that has seen an outage begin and end."""
    vigil = VigilInMemory()
    vigil.receive([*payments(40, status=500), raw_entry(logName="projects/x/logs/y")])
    vigil.settle()
    vigil.settle(20 * 60)
    return vigil


def remembered(vigil: VigilInMemory) -> dict[str, int]:
    """Return how much there is of what expires."""
    far = vigil.clock() + timedelta(days=10_000)
    return {name: len(vigil.database.query(query, bound=far)) for name, query in EXPIRED.items()}


def test_what_has_not_expired_stays() -> None:
    with lived() as vigil:
        before = remembered(vigil)
        assert vigil.workflows.cleanup.run() == 0
        assert remembered(vigil) == before


def test_what_was_seen_is_forgotten_after_half_an_hour_and_incidents_after_the_retention() -> None:
    with lived() as vigil:
        vigil.clock.advance(31 * 60)
        vigil.workflows.cleanup.run()
        assert remembered(vigil)["seen"] == 0
        assert remembered(vigil)["incidents"] == 1

        vigil.clock.advance(7 * 86_400)
        vigil.workflows.cleanup.run()
        assert [remembered(vigil)[name] for name in ("anomalies", "incidents", "alerts")] == [0] * 3
        assert remembered(vigil)["notifications"] == 2

        vigil.clock.advance(30 * 86_400)
        vigil.workflows.cleanup.run()
        assert remembered(vigil)["notifications"] == 0


def test_the_history_of_an_alert_goes_with_it() -> None:
    with lived() as vigil:
        [alert] = vigil.store.alerts.query(ALERTS)
        path = vigil.store.alerts.path(alert.value.alert_id)
        assert len(vigil.database.query(ALERT_HISTORY, parent=path)) == 2

        vigil.clock.advance(8 * 86_400)
        vigil.workflows.cleanup.run()
        assert vigil.database.query(ALERT_HISTORY, parent=path) == []


def test_what_is_more_than_one_commit_takes_is_all_deleted() -> None:
    with VigilInMemory() as vigil:
        expired = vigil.clock() - timedelta(seconds=1)
        names = [f"tenants/acme/seen/s{number}" for number in range(900)]
        vigil.database.commit([Put(name, {"expires_at": expired}) for name in names])

        assert vigil.workflows.cleanup.run() == 900
        assert [len(commit) for commit in vigil.documents.commits] == [400, 400, 100]


def test_an_interrupted_cleanup_just_goes_on() -> None:
    with lived() as vigil:
        vigil.clock.advance(40 * 86_400)

        def fail_third(_writes: Sequence[Write]) -> None:
            vigil.documents.after = lambda writes: None
            raise TransientError("not now")

        vigil.documents.after = fail_third
        with pytest.raises(TransientError):
            vigil.workflows.cleanup.run()
        vigil.workflows.cleanup.run()

        left = remembered(vigil)
        assert {name: count for name, count in left.items() if name != "usage" and count} == {}


def test_what_stands_is_not_forgotten_by_what_is_of_another_tenant() -> None:
    with lived() as vigil:
        vigil.clock.advance(6 * 86_400)
        vigil.strike(anomaly(detected_at=vigil.clock(), anomaly_id="v1-new"))
        vigil.clock.advance(2 * 86_400)
        vigil.workflows.cleanup.run()

        assert [s.value.anomaly_id for s in vigil.store.anomalies.query(ANOMALIES)] == ["v1-new"]
        assert len(vigil.store.incidents.query(INCIDENTS)) == 1


def test_a_run_that_has_to_stop_goes_on_the_next_time() -> None:
    with lived() as vigil:
        vigil.clock.advance(500 * 86_400)
        stop_at = vigil.clock()
        runs = [vigil.workflows.cleanup.run_until(stop_at)]
        while not runs[-1].is_done:
            runs.append(vigil.workflows.cleanup.run_until(stop_at))

        assert len(runs) > 2
        assert all(run.deleted for run in runs[:-1])
        assert sum(remembered(vigil).values()) == 0
        assert vigil.workflows.cleanup.run_until(stop_at + timedelta(days=1)).is_done
