"""What a correlation reads of incidents that have many anomalies."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import NOON, anomaly
from tests.cascades import incidents
from tests.vigil_in_memory import ACME, VigilInMemory
from vigil.workflows.correlation_scene import read_scene

STORM = 3_000
COMPARED = 1_000


def storm(vigil: VigilInMemory, incident_id: str, count: int) -> None:
    """Let so many anomalies of an incident have been detected within its first two minutes."""
    for begun in range(0, count, 500):
        vigil.database.commit(
            [
                vigil.store.anomalies.put(each.anomaly_id, each)
                for number in range(begun, min(begun + 500, count))
                for at in [NOON + timedelta(minutes=2) * number / count]
                for each in [
                    anomaly(
                        anomaly_id=f"v1-storm-{number}",
                        started_at=at,
                        detected_at=at + timedelta(minutes=1),
                        incident_id=incident_id,
                    )
                ]
            ]
        )


def test_of_a_storm_the_latest_are_compared_and_the_first_and_nothing_is_uncounted() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())
        [opened] = incidents(vigil)
        storm(vigil, opened.incident_id, STORM)
        grown = replace(
            opened,
            anomaly_count=1 + STORM,
            last_detected_at=NOON + timedelta(minutes=3),
        )
        vigil.database.commit([vigil.store.incidents.put(opened.incident_id, grown)])
        at = NOON + timedelta(minutes=3)
        new = anomaly(anomaly_id="v1-new", started_at=NOON, detected_at=at)
        vigil.database.commit([vigil.store.anomalies.put("v1-new", new)])

        scene = read_scene(ACME, vigil.store, at, at)
        compared = {each.anomaly_id for each in scene.members[opened.incident_id]}
        latest = {f"v1-storm-{number}" for number in range(STORM - COMPARED, STORM)}
        assert compared == {"v1-anomaly"} | latest

        vigil.strike(new)
        [incident] = incidents(vigil)
        assert incident.anomaly_count == 2 + STORM
        assert incident.incident_id == opened.incident_id


def test_those_that_wait_take_no_place_of_those_they_are_compared_with() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())
        [opened] = incidents(vigil)
        at = NOON + timedelta(minutes=2)
        waiting = [
            anomaly(anomaly_id=f"v1-w{number}", service=f"s{number}", detected_at=at)
            for number in range(COMPARED + 10)
        ]
        for begun in range(0, len(waiting), 500):
            puts = [
                vigil.store.anomalies.put(a.anomaly_id, a) for a in waiting[begun : begun + 500]
            ]
            vigil.database.commit(puts)

        scene = read_scene(ACME, vigil.store, at, at)
        assert [a.anomaly_id for a in scene.members[opened.incident_id]] == ["v1-anomaly"]
