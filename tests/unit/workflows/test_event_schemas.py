"""What is published keeps to the schemas, and a schema refuses what is no such event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.cascades import cascade, later, resolve_alert, strayed
from tests.golden.writers import Published, written_today
from tests.vigil_in_memory import VigilInMemory
from vigil.model.event import EventType
from vigil.ports import Message
from vigil.workflows.event_schemas import SHAPES, event_schema, schema_files
from vigil.workflows.events import TOPIC

FORMATS = FormatChecker(formats=())
VALIDATORS = {
    event_type: Draft202012Validator(event_schema(event_type), format_checker=FORMATS)
    for event_type in EventType
}


def is_aware_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS.checks("date-time", raises=ValueError)(is_aware_instant)


def complaints(message: Message) -> list[str]:
    validator = VALIDATORS[EventType(message.attributes["event_type"])]
    return [error.message for error in validator.iter_errors(orjson.loads(message.data))]


@pytest.fixture(scope="module")
def written() -> Mapping[str, Published]:
    return written_today()


@pytest.mark.parametrize("event_type", EventType)
def test_every_type_is_published_and_keeps_to_its_schema(
    written: Mapping[str, Published], event_type: EventType
) -> None:
    Draft202012Validator.check_schema(event_schema(event_type))

    assert complaints(written[event_type].message) == []


def test_events_of_a_cascade_and_of_what_follows_keep_to_their_schemas() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(*cascade())
        vigil.tick()
        resolve_alert(vigil)
        later(vigil, strayed("again", 30))
        vigil.deliver()

        events = [message for topic, message in vigil.bus.published if topic == TOPIC]
        assert len(events) > 8
        assert [complaints(message) for message in events] == [[]] * len(events)


@pytest.mark.parametrize("event_type", EventType)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"event_type": "something_else"}, id="another type"),
        pytest.param({"tenant_id": None}, id="no tenant"),
        pytest.param({"timestamp": "yesterday"}, id="no instant"),
        pytest.param({"subject": {}}, id="an empty subject"),
    ],
)
def test_a_schema_refuses_what_is_no_such_event(
    written: Mapping[str, Published], event_type: EventType, change: dict[str, Any]
) -> None:
    message = written[event_type].message
    named = {SHAPES[event_type].subject_kind if k == "subject" else k: v for k, v in change.items()}
    body = {**orjson.loads(message.data), **named}

    assert complaints(Message(orjson.dumps(body), message.attributes)) != []


def test_the_schemas_are_those_that_are_checked_in(pytestconfig: pytest.Config) -> None:
    folder = pytestconfig.rootpath / "docs" / "events"

    checked_in = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert checked_in == schema_files(), "`make generated` writes them"


def test_what_happens_to_one_incident_is_told_under_one_ordering_key() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(*cascade())
        vigil.tick()
        resolve_alert(vigil)
        vigil.deliver()
        by_key: dict[str, list[str]] = {}
        for _, message in vigil.bus.published:
            by_key.setdefault(message.ordering_key, []).append(message.attributes["event_type"])

        [key] = by_key
        assert key.startswith("acme/INC-")
        for kind in ("incident_", "alert_"):
            opened, resolved = [step for step in by_key[key] if step.startswith(kind)]
            assert (opened, resolved) in {
                ("incident_opened", "incident_resolved"),
                ("alert_created", "alert_resolved"),
            }


def test_an_anomaly_is_told_without_waiting_for_another(written: Mapping[str, Published]) -> None:
    assert written[EventType.ANOMALY_DETECTED].message.ordering_key == ""
