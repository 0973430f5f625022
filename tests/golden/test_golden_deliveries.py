"""Whatever is on a topic, whichever version wrote it, is taken by every function that hears it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.golden.examples import FOLDERS
from tests.golden.test_golden_messages import keep_incident, names, newest_two, read, versions_of
from tests.golden.writers import Published
from tests.pushes import push_of
from tests.repository.tree import ROOT
from tests.vigil_in_memory import VigilInMemory
from vigil.adapters.push_identity import Anybody
from vigil.doors import (
    analyze_incidents,
    batch_logs,
    detect_anomalies,
    manage_alerts,
    receive_alerts,
)
from vigil.doors.answer import Answer
from vigil.doors.deployment import Deployed, Deployment
from vigil.doors.group_door import GroupDoor
from vigil.doors.head import Head
from vigil.doors.push_door import PushDoor, Route
from vigil.doors.topology import PUSHES, TOPICS, WORK, PushSubscription
from vigil.logs.push_message import PushMessage
from vigil.ports import Message
from vigil.workflows.batch_logs import HEARTBEAT
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.heartbeats import Heartbeats
from vigil.workflows.ticks import EVENT_TYPE as TICK

# What Google's services write there; nothing of ours has a say in it.
FROM_GOOGLE = Path(__file__).parent / "google"
TAKEN = 204
ROUTES: Mapping[str, Callable[[Deployed], Mapping[str, Route]]] = {
    "analyze_incidents": analyze_incidents.routes,
    "batch_logs": batch_logs.routes,
    "detect_anomalies": detect_anomalies.routes,
    "manage_alerts": manage_alerts.routes,
    "receive_alerts": receive_alerts.routes,
}


class SetAside(Exception):
    """A message that no retry would help: acknowledged, and lost but for its account."""


def refuse(_push: PushMessage) -> None:
    raise SetAside


def on_topic(topic: str) -> Iterator[tuple[str, Message]]:
    """Yield what is on a topic, in all the ways in which it has to be understood."""
    google = ((name, Published.read(FROM_GOOGLE, name)) for name in names(FROM_GOOGLE))
    for name, golden in (*newest_two(), *google):
        # A heartbeat travels the way of the entries, and so does not end where it begins.
        is_passed_on = golden.message.attributes.get("event_type") == HEARTBEAT
        if topic in ({golden.topic, BATCHES} if is_passed_on else {golden.topic}):
            for way, message in versions_of(golden.message):
                yield f"{name} {way}".strip(), message


def deliveries() -> Iterator[Any]:
    for push in WORK:
        for name, message in on_topic(push.topic):
            yield pytest.param(push, message, id=f"{push.name}: {name}")


def deployed_in(vigil: VigilInMemory) -> Deployed:
    beats = Heartbeats(documents=vigil.documents, publisher=vigil.bus, clock=vigil.clock)
    deployment = Deployment(vigil.documents, vigil.registry, vigil.workflows, beats)
    return lambda: deployment


def answer(vigil: VigilInMemory, push: PushSubscription, message: Message) -> Answer:
    """Return what the function answers that the subscription pushes to."""
    deployed, head = deployed_in(vigil), Head("POST", push.path, {})
    routes = {
        path: replace(route, set_aside=refuse)
        for path, route in ROUTES[push.function](deployed).items()
    }
    if push.function != "batch_logs":
        return PushDoor(Anybody(), routes).take(head, push_of(message))
    # A group commit belongs to the loop on which it works.
    door = GroupDoor(batch_logs.group_commit(deployed), Anybody(), routes=routes)
    return asyncio.run(door.take(head, push_of(message)))


def incident_in(message: Message) -> str:
    """Return the id of the incident that an event is about, or of any other."""
    body = read(message) or {}
    about = (body.get("incident") or {}).get("id") if "event_id" in body else None
    return str(about or body.get("analysis", {}).get("incident_id", "v1-incident"))


@pytest.mark.parametrize(("push", "message"), list(deliveries()))
def test_a22_every_function_takes_what_is_on_its_topic(
    push: PushSubscription, message: Message
) -> None:
    with VigilInMemory() as vigil:
        keep_incident(vigil, incident_in(message))

        assert answer(vigil, push, message).status == TAKEN

        assert vigil.outcomes_of_nobody().invalid == vigil.outcomes().invalid == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("detect-anomalies", "log_batch"),
        ("manage-alerts", "alert_received"),
        ("analyze-incidents", "analysis_requested"),
        ("receive-alerts", ""),
    ],
)
def test_a06_what_no_version_has_written_is_set_aside(name: str, kind: str) -> None:
    [push] = [each for each in WORK if each.name == name]
    with VigilInMemory() as vigil:
        assert answer(vigil, push, Message(b"{", {"event_type": kind})).status != TAKEN


def test_a06_what_is_no_entry_is_counted_as_invalid() -> None:
    [push] = [each for each in WORK if each.name == "batch-logs"]
    with VigilInMemory() as vigil:
        assert answer(vigil, push, Message(b"{")).status == TAKEN
        assert vigil.outcomes_of_nobody().invalid == 1


def test_a22_on_every_topic_there_is_a_golden_message() -> None:
    assert [topic for topic in TOPICS if not list(on_topic(topic))] == []


def test_a22_every_function_that_is_pushed_to_is_asked() -> None:
    assert {push.function for push in PUSHES} == set(ROUTES)


def test_a22_a_tick_is_what_cloud_scheduler_is_told_to_send() -> None:
    terraform = (ROOT / "infra" / "terraform" / "scheduler.tf").read_text()
    golden = Published.read(FOLDERS[-1], TICK)

    assert (golden.topic, golden.message.data) == ("vigil-ticks", b"")
    assert golden.message.attributes == {"event_type": TICK}
    _, _, target = terraform.partition("pubsub_target {")
    lines = [line.split() for line in target.partition("\n  }")[0].strip().splitlines()]
    assert lines == [
        ["topic_name", "=", 'google_pubsub_topic.topic["vigil-ticks"].id'],
        ["attributes", "=", "{", "event_type", "=", f'"{TICK}"', "}"],
    ]
