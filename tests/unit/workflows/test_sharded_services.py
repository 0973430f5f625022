"""A service whose state lies in several documents is judged as one whose state lies in one."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import NOON, raw_entry
from tests.vigil_in_memory import VigilInMemory
from vigil.stores import detector_states
from vigil.stores.detector_states import DetectorStates
from vigil.stores.queries import ANOMALIES
from vigil.workflows.service_pace import Pace

ENDPOINTS = 40


@pytest.fixture
def small_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector_states, "STATE_LIMIT_BYTES", 600)


def requests(minute: int, *, failing: int = 0) -> list[dict[str, object]]:
    at = NOON + timedelta(minutes=minute)
    return [
        raw_entry(
            insertId=f"{minute}-{number}-{endpoint}",
            timestamp=(at + timedelta(seconds=number)).isoformat(),
            receiveTimestamp=(at + timedelta(seconds=number)).isoformat(),
            severity="ERROR" if endpoint < failing else "INFO",
            httpRequest={
                "requestMethod": "GET",
                "requestUrl": f"/page{chr(97 + endpoint // 8)}{chr(97 + endpoint % 8)}",
                "status": 500 if endpoint < failing else 200,
                "latency": "0.1s",
            },
        )
        for endpoint in range(ENDPOINTS)
        for number in range(6)
    ]


def story(vigil: VigilInMemory) -> Sequence[object]:
    for minute in range(4):
        vigil.clock.now = NOON + timedelta(minutes=minute, seconds=10)
        vigil.receive(requests(minute, failing=5 if minute == 3 else 0))
        vigil.deliver()
        vigil.tick()
    vigil.settle()
    assert vigil.outcomes().balanced
    return [stored.value for stored in vigil.store.anomalies.query(ANOMALIES)]


@pytest.mark.parametrize("pace", [Pace(), Pace(timedelta(seconds=1.1))], ids=["usual", "paced"])
def test_a19_a_split_service_strays_as_a_whole_one_does(
    pace: Pace, request: pytest.FixtureRequest
) -> None:
    with VigilInMemory(pace=pace) as whole:
        expected = story(whole)
    request.getfixturevalue("small_documents")
    with VigilInMemory(pace=pace) as split:
        found = story(split)
        [service] = DetectorStates(split.database).of_tenant(split.store.root, None)

    assert service.shards >= 4
    assert found == expected
    assert len(found) >= 5
