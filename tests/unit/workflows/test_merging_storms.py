"""A storm whose incidents turn out to be one: what a commit may become."""

from dataclasses import replace

import pytest

from tests.builders import NOON, anomaly
from tests.cascades import CHECKOUT, incidents, strayed
from tests.vigil_in_memory import VigilInMemory
from vigil.adapters.document_limits import checked_size
from vigil.adapters.firestore_documents import EMULATOR_COMMIT_LIMIT_BYTES
from vigil.model.anomaly import Evidence
from vigil.model.incident import Incident, IncidentStatus
from vigil.ports import Put

# As large as an anomaly becomes: three lines, the traces that failed, and who calls it.
LINES = tuple(Evidence("x" * 200, "y" * 400, 9, NOON, NOON, "a" * 32) for _ in range(3))
LARGE = anomaly(
    evidence=LINES,
    description="z" * 300,
    recommended_actions=("w" * 80,) * 6,
    metrics={f"metric_{n}": 1.5 for n in range(8)},
    trace_ids=tuple(f"{n:032x}" for n in range(16)),
)


def grow(vigil: VigilInMemory, incident: Incident, count: int) -> None:
    """Let an incident have `count` more anomalies, all of its last minute."""
    root = vigil.store.anomalies.get(incident.root_cause.anomaly_id)
    assert root is not None
    more = [
        replace(
            LARGE,
            anomaly_id=f"v1-{incident.incident_id}-{n}",
            service=root.value.service,
            started_at=root.value.started_at,
            detected_at=root.value.detected_at,
            incident_id=incident.incident_id,
        )
        for n in range(count)
    ]
    for begun in range(0, count, 200):
        puts = [vigil.store.anomalies.put(a.anomaly_id, a) for a in more[begun : begun + 200]]
        vigil.database.commit(puts)
    grown = replace(incident, anomaly_count=incident.anomaly_count + count)
    vigil.database.commit([vigil.store.incidents.put(incident.incident_id, grown)])


def largest_commit(vigil: VigilInMemory) -> int:
    """Return the bytes that were written in one commit at most."""
    return max(
        sum(checked_size(write.path, write.fields) for write in commit if isinstance(write, Put))
        for commit in vigil.documents.commits
    )


@pytest.mark.parametrize("others", [1, 40])
def test_incidents_of_two_thousand_anomalies_become_one_in_a_commit_that_any_store_takes(
    others: int,
) -> None:
    with VigilInMemory() as vigil:
        traces = tuple(f"t{number}" for number in range(others + 1))
        vigil.strike(strayed("a", trace_ids=traces[:1]))
        for number in range(1, others + 1):
            name = f"s{number}"
            vigil.strike(strayed(name, service=name, trace_ids=(traces[number],)))
        apart = incidents(vigil)
        assert len(apart) == others + 1
        for each in apart:
            grow(vigil, each, 2_000 // len(apart))
        vigil.documents.commits.clear()

        vigil.strike(strayed("c", 1, callers=(CHECKOUT,), trace_ids=traces))

        found = incidents(vigil)
        [one] = [each for each in found if each.status is IncidentStatus.OPEN]
        assert {each.merged_into for each in found} == {None, one.incident_id}
        assert one.anomaly_count == sum(each.anomaly_count for each in found if each != one) + (
            2_000 // len(apart) + 2
        )
        assert largest_commit(vigil) < EMULATOR_COMMIT_LIMIT_BYTES
