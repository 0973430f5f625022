"""Messages of this version and the one before are understood, and today's have the same shape."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.builders import alert, anomaly, incident
from tests.golden.examples import FOLDERS, examples_in, newest, with_examples
from tests.golden.writers import Published, written_today
from tests.vigil_in_memory import VigilInMemory
from vigil.doors import detect_anomalies
from vigil.doors.deployment import Deployment
from vigil.logs.log_batch import LogBatch
from vigil.logs.push_message import PushMessage
from vigil.model.event import EventType
from vigil.model.explanation import Explanation
from vigil.model.outcome import Outcomes
from vigil.ports import Message
from vigil.stores.queries import ALERTS, INCIDENTS
from vigil.stores.tenant_store import judge_until, judged_until
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.heartbeats import Heartbeats

# What stands under these names is a map of the sender's own keys, not a part of the shape.
MAPS = {"metrics", "labels", "annotations", "outcomes"}
Json = Any


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.data"))


def newest_two() -> Iterator[tuple[str, Published]]:
    """Yield the newest two messages of each kind, and what to call them."""
    for name in sorted({name for folder in FOLDERS for name in names(folder)}):
        for folder in [folder for folder in FOLDERS if name in names(folder)][-2:]:
            yield f"{folder.name} {name}", Published.read(folder, name)


def understood() -> Iterator[Any]:
    """Yield each message that has to be understood, in all the ways of `versions_of`."""
    for name, golden in newest_two():
        for way, message in versions_of(golden.message):
            yield pytest.param(message, id=f"{name} {way}".strip())


def versions_of(message: Message) -> Iterator[tuple[str, Message]]:
    """Yield a message as it was, as the next version may write it, and as one yet unheard of."""
    yield "", message
    attributes = {**message.attributes, "from_the_future": "yes"}
    body = read(message)
    more = orjson.dumps(with_more(body)) if body else b""
    yield "and more fields", replace(message, data=more, attributes=attributes)
    if body and "schema_version" in body:
        more = orjson.dumps({**body, "schema_version": 99})
    yield "of version 99", replace(message, data=more, attributes=of_version_99(attributes))


def of_version_99(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return attributes that name another version wherever these name one."""
    named = {"schema_version": "99", "ce-type": f"vigil.{attributes.get('event_type')}.v99"}
    return {name: named.get(name, text) for name, text in attributes.items()}


def read(message: Message) -> Json:
    """Return what is in the data; None for a message that says all in its attributes."""
    return orjson.loads(message.data) if message.data else None


def with_more(value: Json) -> Json:
    """Return JSON with an unknown field in every object that is no map of the sender's."""
    if isinstance(value, list):
        return [with_more(item) for item in value]
    if not isinstance(value, dict):
        return value
    more = {k: item if k in MAPS else with_more(item) for k, item in value.items()}
    return {**more, "from_the_future": {"nested": [1]}}


def shape(value: Json) -> Json:
    """Return the names and kinds in JSON, whatever the values are."""
    if isinstance(value, dict):
        return {k: "map" if k in MAPS else shape(item) for k, item in sorted(value.items())}
    if isinstance(value, list):
        return sorted({orjson.dumps(shape(item)).decode() for item in value})
    return type(value).__name__


def of_type(kind: str) -> list[Message]:
    return [p.values[0] for p in understood() if p.values[0].attributes["event_type"] == kind]


@pytest.mark.parametrize("message", of_type("log_batch"))
def test_a22_a_batch_is_taken_in_whole(message: Message) -> None:
    batch = LogBatch.parse(message.data)
    with VigilInMemory() as vigil:
        vigil.workflows.detect_anomalies.handle(message.data)

        assert len(batch.entries) == 6
        assert [entry.source is not None for entry in batch.entries] == [False] * 5 + [True]
        assert batch.outcomes == Outcomes(received=1, filtered=1)
        assert vigil.outcomes() == Outcomes(received=7, processed=6, filtered=1, late=1)


@pytest.mark.parametrize("message", of_type("anomaly_detected"))
def test_a22_a_detected_anomaly_is_correlated(message: Message) -> None:
    with VigilInMemory() as vigil:
        struck = anomaly()
        kept = vigil.store.anomalies.put(struck.anomaly_id, struck)
        vigil.clock.advance(600)
        vigil.database.commit([kept, judge_until(vigil.store, vigil.clock())])

        vigil.workflows.manage_alerts.handle(message.attributes, message.data)

        [opened] = vigil.store.incidents.query(INCIDENTS)
        assert opened.value.anomaly_ids == (struck.anomaly_id,)


@pytest.mark.parametrize("message", of_type("analysis_requested"))
def test_a22_a_requested_analysis_is_made(message: Message) -> None:
    incident_id = orjson.loads(message.data)["incident"]["id"]
    with VigilInMemory() as vigil:
        keep_incident(vigil, incident_id)

        vigil.workflows.analyze_incidents.handle(message.attributes, message.data)

        [told] = vigil.bus.of_type("analysis_completed")
        assert orjson.loads(told.data)["analysis"]["incident_id"] == incident_id


@pytest.mark.parametrize("message", of_type("analysis_completed"))
def test_a22_a_completed_analysis_is_put_beside_its_incident(message: Message) -> None:
    body = orjson.loads(message.data)["analysis"]
    with VigilInMemory() as vigil:
        keep_incident(vigil, body["incident_id"])
        explained = Explanation(
            body["fingerprint"], "heuristic", "It fails.", "", 0.5, (), (), vigil.clock()
        )
        vigil.database.commit([vigil.store.analyses.put(explained.fingerprint, explained)])

        vigil.workflows.manage_alerts.handle(message.attributes, message.data)

        stored = vigil.store.incidents.get(body["incident_id"])
        assert stored is not None
        assert stored.value.explanation == explained


@pytest.mark.parametrize("message", of_type("alert_received"))
def test_a22_a_received_alert_opens_its_own(message: Message) -> None:
    with VigilInMemory() as vigil:
        vigil.workflows.manage_alerts.handle(message.attributes, message.data)

        [opened] = vigil.store.alerts.query(ALERTS)
        assert opened.value.title == "HighErrorRate in checkout"


def doors_of(vigil: VigilInMemory) -> tuple[Heartbeats, Callable[[Message], object]]:
    """Return the heartbeats, and what the door of detect_anomalies does with a message."""
    heartbeats = Heartbeats(documents=vigil.documents, publisher=vigil.bus, clock=vigil.clock)
    deployment = Deployment(vigil.documents, vigil.registry, vigil.workflows, heartbeats)
    work = detect_anomalies.routes(lambda: deployment)["/"].work
    return heartbeats, lambda m: work(PushMessage(m.data, m.attributes, "1", None, None))


@pytest.mark.parametrize("message", of_type("heartbeat"))
def test_a22_a_heartbeat_that_arrives_is_not_waited_for(message: Message) -> None:
    with VigilInMemory() as vigil:
        heartbeats, push = doors_of(vigil)
        vigil.clock.now = datetime.fromisoformat(message.attributes["sent_at"])
        heartbeats.beat()

        push(message)

        assert heartbeats.beat() is None


@pytest.mark.parametrize("message", of_type("tick"))
def test_a22_a_tick_judges_what_is_over(message: Message) -> None:
    with VigilInMemory() as vigil:
        _, push = doors_of(vigil)

        push(message)

        assert judged_until(vigil.store) is not None


@pytest.mark.parametrize(
    "message",
    [
        p
        for p in understood()
        if p.values[0].attributes["event_type"].startswith(("alert_", "incident_"))
        and p.values[0].attributes["event_type"] != "alert_received"
    ],
)
def test_a22_what_is_for_others_changes_nothing(message: Message) -> None:
    with VigilInMemory() as vigil:
        keep_incident(vigil, "v1-incident")
        vigil.documents.commits.clear()

        vigil.workflows.manage_alerts.handle(message.attributes, message.data)
        vigil.workflows.analyze_incidents.handle(message.attributes, message.data)

        assert vigil.documents.commits == []
        assert vigil.bus.published == []


def keep_incident(vigil: VigilInMemory, incident_id: str) -> None:
    store = vigil.store
    vigil.database.commit(
        [
            store.anomalies.put("v1-anomaly", anomaly(incident_id=incident_id)),
            store.incidents.put(incident_id, incident(incident_id=incident_id)),
            store.alerts.put("v1-alert", alert(incident_id=incident_id)),
        ]
    )


@pytest.fixture(scope="module")
def today() -> Mapping[str, Published]:
    return written_today()


def test_a22_every_kind_of_message_has_a_golden_one(today: Mapping[str, Published]) -> None:
    known = {name for folder in FOLDERS for name in names(folder)}

    kinds = {"log_batch", "heartbeat", "tick", *(kind.value for kind in EventType)}
    assert set(today) == known == kinds


@pytest.mark.parametrize("name", sorted({name for folder in FOLDERS for name in names(folder)}))
def test_a22_what_is_written_today_is_what_the_golden_message_says(
    today: Mapping[str, Published], name: str
) -> None:
    golden, written = Published.read(newest(name), name), today[name]

    assert written.topic == golden.topic
    assert set(written.message.attributes) == set(golden.message.attributes)
    assert bool(written.message.ordering_key) == bool(golden.message.ordering_key)
    written_shape, golden_shape = (shape(read(each.message)) for each in (written, golden))
    assert written_shape == golden_shape, (
        "another shape is another version: see tests/golden/README.md"
    )


@pytest.mark.parametrize("name", sorted({name for folder in FOLDERS for name in names(folder)}))
def test_a22_a_folder_holds_the_messages_of_its_version(name: str) -> None:
    for folder in FOLDERS:
        if name not in names(folder):
            continue
        golden = Published.read(folder, name)
        body, attributes = read(golden.message), golden.message.attributes
        # What has no data has had no other version yet.
        said = body if golden.topic == BATCHES else attributes
        says = said["schema_version"] if body else 1
        assert f"v{says}" == folder.name


def test_the_page_of_events_shows_each_type_as_it_is(pytestconfig: pytest.Config) -> None:
    page = (pytestconfig.rootpath / "docs" / "events.md").read_text()

    assert sorted(examples_in(page)) == sorted(kind.value for kind in EventType)
    assert with_examples(page) == page, "`make generated` writes it anew"
