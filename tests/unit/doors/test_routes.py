"""What each door gives to which workflow, over an installation in memory."""

import json
from collections.abc import Mapping

import pytest

from tests.builders import raw_entry
from tests.pushes import push_of, pushed
from tests.received_payloads import alertmanager, cloud_monitoring
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.adapters.push_identity import Anybody
from vigil.doors import (
    analyze_incidents,
    batch_logs,
    detect_anomalies,
    manage_alerts,
    receive_alerts,
)
from vigil.doors.deployment import Deployment
from vigil.doors.head import Head
from vigil.doors.push_door import PushDoor, Route
from vigil.model.outcome import Outcomes
from vigil.workflows.events import TOPIC as EVENTS
from vigil.workflows.heartbeats import Heartbeats

TICK = pushed(b"", {"event_type": "tick"})


def deployed(vigil: VigilInMemory) -> Deployment:
    heartbeats = Heartbeats(documents=vigil.documents, publisher=vigil.bus, clock=vigil.clock)
    return Deployment(vigil.documents, vigil.registry, vigil.workflows, heartbeats)


def push(routes: Mapping[str, Route], body: bytes, path: str = "/", **headers: str) -> int:
    return PushDoor(Anybody(), routes).take(Head("POST", path, headers), body).status


def test_an_outage_goes_through_the_doors_to_its_page() -> None:
    with VigilInMemory() as vigil:
        deployment = deployed(vigil)
        detect = detect_anomalies.routes(lambda: deployment)
        manage = manage_alerts.routes(lambda: deployment)
        analyze = analyze_incidents.routes(lambda: deployment)
        vigil.receive(payments(40, status=500))
        for _ in range(3):
            while vigil.bus.waiting:
                topic, message = vigil.bus.waiting.popleft()
                # batch_logs passes heartbeats on as they are.
                doors = [manage, analyze] if topic == EVENTS else [detect]
                assert [push(door, push_of(message)) for door in doors] == [204] * len(doors)
            vigil.clock.advance(100)
            assert [push(door, TICK) for door in (detect, manage)] == [204, 204]

        assert vigil.notifier.told() == [("pager", "opened")]
        assert vigil.outcomes() == Outcomes(received=40, processed=40)


def test_d03_what_headers_say_of_a_tenant_moves_no_entry() -> None:
    with VigilInMemory() as vigil:
        detect = detect_anomalies.routes(lambda: deployed(vigil))
        vigil.receive(payments(3))
        [(_, message)] = vigil.bus.waiting
        spoofed = {
            "x-tenant-id": "globex",
            "x-goog-authenticated-user-email": "admin@globex.example",
            "x-forwarded-host": "globex.example",
            "ce-source": "//vigil/tenants/globex",
        }

        assert push(detect, push_of(message), **spoofed) == 204
        assert vigil.outcomes() == Outcomes(received=3, processed=3)


def test_dead_letters_are_counted_once_each() -> None:
    with VigilInMemory() as vigil:
        detect = detect_anomalies.routes(lambda: deployed(vigil))
        batches = batch_logs.routes(lambda: deployed(vigil))
        vigil.receive(payments(3))
        [(_, message)] = vigil.bus.waiting
        entry = pushed(json.dumps(raw_entry()).encode(), message_id="m-1")
        for _ in range(2):
            assert push(detect, push_of(message), "/dead-letters") == 204
            assert push(batches, entry, "/dead-letters") == 204

        assert vigil.outcomes() == Outcomes(received=3, dead_lettered=3)
        assert vigil.outcomes_of_nobody() == Outcomes(received=1, dead_lettered=1)


def test_a_heartbeat_that_comes_to_where_batches_come_has_arrived() -> None:
    with VigilInMemory() as vigil:
        deployment = deployed(vigil)
        detect = detect_anomalies.routes(lambda: deployment)
        sent_at = vigil.clock()
        assert push(detect, TICK) == 204
        [(_, heartbeat)] = vigil.bus.waiting
        vigil.clock.advance(60)
        assert deployment.heartbeats.beat() == sent_at

        assert push(detect, push_of(heartbeat)) == 204
        vigil.clock.advance(60)
        assert deployment.heartbeats.beat() != sent_at


def test_an_incident_of_cloud_monitoring_s_topic_is_taken_or_set_aside() -> None:
    with VigilInMemory() as vigil:
        routes = receive_alerts.routes(lambda: deployed(vigil))
        path = "/pushed/cloud-monitoring"
        whose = cloud_monitoring(scoping_project_id="shop")
        nobodys = cloud_monitoring(scoping_project_id="of-somebody-else")

        assert push(routes, pushed(json.dumps(nobodys).encode()), path) == 204
        assert vigil.bus.published == []
        vigil.bus.is_down = True
        assert push(routes, pushed(json.dumps(whose).encode()), path) == 500
        vigil.bus.is_down = False
        assert push(routes, pushed(json.dumps(whose).encode()), path) == 204
        assert [m.attributes["event_type"] for _, m in vigil.bus.published] == ["alert_received"]


@pytest.mark.parametrize(
    ("source", "body"),
    [
        pytest.param("/receive/alertmanager", alertmanager(), id="Alertmanager"),
        pytest.param("/receive/cloud-monitoring", cloud_monitoring(), id="Cloud Monitoring"),
    ],
)
def test_a_call_without_a_key_is_told_how_to_show_one(source: str, body: object) -> None:
    with VigilInMemory() as vigil:
        take = receive_alerts.taking(lambda: deployed(vigil))
        answer = take(Head("POST", source, {}), json.dumps(body).encode())

        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert vigil.bus.published == []
