"""Killed (SIGKILL) at every point and run again until quiet: nothing lost, nothing told twice."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from tests.e2e import crashing_vigil
from tests.vigil_in_memory import ACME, payments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.local.runtime import SUBSCRIPTIONS
from vigil.model.alert import AlertStatus
from vigil.model.incident import IncidentStatus
from vigil.model.outcome import Outcomes
from vigil.ports import Message
from vigil.stores.detector_states import DetectorStates
from vigil.stores.queries import (
    ALERTS,
    ANOMALIES,
    DECLARED,
    DUE_EVENTS,
    DUE_NOTIFICATIONS,
    INCIDENTS,
    NOTIFICATIONS,
)
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import outcomes_of, totals
from vigil.workflows.batch_logs import LOGS

ENTRIES = 40
LEASE = timedelta(seconds=60)
POINTS = {
    "C01 after an entry was pulled": "after pull batch-logs",
    "C01 after a batch was pulled": "after pull detect-anomalies",
    "C01 after an event was pulled": "after pull manage-alerts",
    "C02 before the batch is published": "before publish vigil-batches",
    "C03 after a batch was published": "after publish vigil-batches",
    "C03 after events were published": "after publish aiops-events",
    "C04 after anomalies were kept": "after commit anomalies",
    "C05 before the incident is kept": "before commit incidents",
    "C05 while the incident is kept": "during commit incidents",
    "C05 after the incident was kept": "after commit incidents",
    "C06 before a notification is sent": "before send",
    "C07 after a notification was sent": "after send",
    "C08 after a notification was marked": "after commit notifications",
    "C09 before a state is kept": "before commit baselines",
    "C09 while a state is kept": "during commit baselines",
    "C09 after a state was kept": "after commit baselines",
}
# Every process begins as a copy of one that has imported this already.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["vigil.local.runtime", "vigil.incidents.analyst"])


@dataclass(frozen=True)
class Received:
    """One call of the receiver."""

    transition: str
    key: str
    at: datetime


class Installation:
    """A Vigil on files, and what can be seen of it while it does not run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = SqliteDocuments(folder / "vigil.db", DECLARED)
        self.queue = SqliteQueue(
            folder / "queue.db", SUBSCRIPTIONS, crashing_vigil.FileClock(folder)
        )
        self.store = TenantStore.of(self.documents, ACME)

    def run(self, point: str = "") -> int | None:
        """Run until quiet or killed; return how it ended."""
        process = _processes.Process(target=crashing_vigil.run, args=(self.folder, point))
        process.start()
        process.join(60)
        ended = process.exitcode
        process.close()
        return ended

    def outcomes(self) -> Outcomes:
        return outcomes_of(totals(self.documents, self.store.root))

    def received(self) -> list[Received]:
        lines = (self.folder / "received").read_text().splitlines()
        calls = [line.split(" ") for line in lines]
        return [Received(told, key, datetime.fromisoformat(at)) for told, key, at in calls]

    def waiting(self) -> dict[str, int]:
        """Return how much of anything is still to be done, or was given up."""
        counted = {name: self.queue.count(name) for name in SUBSCRIPTIONS}
        dead = {
            f"dead {name}": len(self.queue.dead_letters.letters(name, 9)) for name in SUBSCRIPTIONS
        }
        bound = crashing_vigil.ENDS_AT + timedelta(days=1)
        kept = {
            q.name: len(self.documents.query(q, bound=bound))
            for q in (DUE_EVENTS, DUE_NOTIFICATIONS)
        }
        return {name: count for name, count in (counted | dead | kept).items() if count}


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Installation]:
    crashing_vigil.settle(tmp_path)
    installation = Installation(tmp_path)
    with closing(installation.documents), closing(installation.queue):
        entries = [Message(orjson.dumps(entry)) for entry in payments(ENTRIES, status=500)]
        installation.queue.publish(LOGS, entries)
        yield installation


def assert_whole(vigil: Installation) -> None:
    """Assert what holds at every instant, however the process died."""
    services = DetectorStates(vigil.documents).of_tenant(vigil.store.root, None)
    states = [state for read in services for state in read.states.values()]
    open_windows = [by_name for state in states for by_name in state.windows.values()]
    windows = [window for by_name in open_windows for window in by_name.values()]
    outcomes = vigil.outcomes()
    assert outcomes.balanced
    if windows:
        # The state is of the same commit as the count: old or new, never mixed (C09).
        assert sum(window.entries for window in windows) == outcomes.processed - outcomes.late
    for incident in (stored.value for stored in vigil.store.incidents.query(INCIDENTS)):
        assert incident.alert_id is not None
        assert vigil.store.alerts.get(incident.alert_id) is not None
        due = vigil.documents.query(DUE_NOTIFICATIONS, bound=crashing_vigil.ENDS_AT)
        told = vigil.documents.query(NOTIFICATIONS, parent=vigil.store.root)
        assert [*due, *told]


def assert_all_came_out(vigil: Installation) -> None:
    """Assert what has come of it in the end."""
    outcomes = vigil.outcomes()
    assert (outcomes.processed, outcomes.dead_lettered) == (ENTRIES, 0)
    assert outcomes.balanced
    assert vigil.waiting() == {}
    [incident] = [stored.value for stored in vigil.store.incidents.query(INCIDENTS)]
    [alert] = [stored.value for stored in vigil.store.alerts.query(ALERTS)]
    anomalies = [stored.value for stored in vigil.store.anomalies.query(ANOMALIES)]
    assert (incident.status, alert.status) == (IncidentStatus.RESOLVED, AlertStatus.RESOLVED)
    assert {anomaly.incident_id for anomaly in anomalies} == {incident.incident_id}
    assert incident.explanation is not None
    assert {call.transition for call in vigil.received()} == {"opened", "resolved"}
    assert len({call.key for call in vigil.received()}) == 2


def test_undisturbed_it_tells_once_of_the_beginning_and_once_of_the_end(
    vigil: Installation,
) -> None:
    assert vigil.run() == 0

    assert_all_came_out(vigil)
    assert [call.transition for call in vigil.received()] == ["opened", "resolved"]
    assert vigil.outcomes().received == ENTRIES


@pytest.mark.parametrize("crashes", [1, 2])
@pytest.mark.parametrize("point", [pytest.param(p, id=name) for name, p in POINTS.items()])
def test_killed_at_a_point_it_goes_on_where_it_was(
    vigil: Installation, point: str, crashes: int
) -> None:
    for _ in range(crashes):
        assert vigil.run(point) == -9
        assert_whole(vigil)
    assert vigil.run() == 0

    assert_all_came_out(vigil)
    calls = Counter(call.transition for call in vigil.received())
    repeated = crashes if point == "after send" else 0
    assert calls == {"opened": 1 + repeated, "resolved": 1}


@pytest.mark.parametrize("crashes", [1, 2])
def test_c06_what_was_claimed_is_sent_once_the_lease_is_over(
    vigil: Installation, crashes: int
) -> None:
    claimed_at = []
    for _ in range(crashes):
        assert vigil.run("before send") == -9
        [due] = vigil.documents.query(DUE_NOTIFICATIONS, bound=crashing_vigil.ENDS_AT)
        claimed_at.append(vigil.store.outbox.read(due).value.due_at - LEASE)
    assert vigil.run() == 0

    opened = vigil.received()[0]
    assert opened.transition == "opened"
    assert opened.at >= claimed_at[-1] + LEASE
    assert opened.at - claimed_at[-1] < 2 * LEASE
