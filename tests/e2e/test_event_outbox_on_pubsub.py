"""What other agents hear of reaches Pub/Sub, whatever happened there when it was written (B10)."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from tests.builders import anomaly
from tests.cascades import alerts, resolve_alert
from tests.emulators import fresh_project_id
from tests.pubsub_project import PubsubProject
from tests.vigil_in_memory import VigilInMemory
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.local.free_port import choose_port
from vigil.ports import Document, Message
from vigil.stores.queries import DUE_EVENTS
from vigil.workflows.events import TOPIC

AGENT = "another-agent"


@pytest.fixture
def project(pubsub_address: str) -> Iterator[PubsubProject]:
    with PubsubProject(pubsub_address, fresh_project_id()) as opened:
        yield opened


@pytest.fixture
def unreachable() -> Iterator[PubsubPublisher]:
    address = f"127.0.0.1:{choose_port(0)}"
    deadline = timedelta(seconds=0.2)
    with closing(PubsubPublisher("p", emulator_host=address, deadline=deadline)) as publisher:
        yield publisher


def listen(project: PubsubProject) -> None:
    project.create_topic(TOPIC)
    project.subscribe(AGENT, TOPIC, ordered=True)


def left(vigil: VigilInMemory) -> list[Document]:
    return vigil.database.query(DUE_EVENTS, bound=vigil.clock())


def types(messages: list[Message], beginning: str) -> list[str]:
    names = [message.attributes["event_type"] for message in messages]
    return [name for name in names if name.startswith(beginning)]


def test_b10_what_cannot_reach_pubsub_waits_with_its_state_and_is_swept(
    project: PubsubProject, unreachable: PubsubPublisher
) -> None:
    listen(project)
    with VigilInMemory() as vigil:
        vigil.bus.beyond = unreachable
        vigil.strike(anomaly())
        vigil.workflows.manage_alerts.deliver()
        assert vigil.notifier.told() == [("pager", "opened")]
        assert len(left(vigil)) == 3

        vigil.bus.beyond = project.publisher
        vigil.workflows.manage_alerts.deliver()
        heard = project.take(AGENT)

        assert left(vigil) == []
        assert [message.attributes for message in heard] == [
            message.attributes for _, message in vigil.bus.published
        ]
        assert len({message.attributes["ce-id"] for message in heard}) == 3


def test_b10_without_a_topic_nobody_waits_and_nothing_is_lost(project: PubsubProject) -> None:
    with VigilInMemory() as vigil:
        vigil.bus.beyond = project.publisher
        vigil.strike(anomaly())
        vigil.workflows.manage_alerts.deliver()
        assert vigil.notifier.told() == [("pager", "opened")]
        assert len(left(vigil)) == 3

        listen(project)
        vigil.workflows.manage_alerts.deliver()

        assert len(project.take(AGENT)) == 3
        assert left(vigil) == []


def test_what_happens_to_an_incident_reaches_another_agent_in_its_order(
    project: PubsubProject,
) -> None:
    listen(project)
    with VigilInMemory() as vigil:
        vigil.bus.beyond = project.publisher
        vigil.strike(anomaly())
        vigil.clock.advance(60)
        [alert] = alerts(vigil)
        vigil.workflows.alert_actions.acknowledge(vigil.store, alert.alert_id, by="ada")
        vigil.clock.advance(60)
        resolve_alert(vigil)

        heard = project.take(AGENT)

        assert types(heard, "alert_") == ["alert_created", "alert_acknowledged", "alert_resolved"]
        assert types(heard, "incident_") == ["incident_opened", "incident_resolved"]
        assert len({message.ordering_key for message in heard}) == 1
