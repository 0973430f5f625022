"""The JSON Schemas of the events on `aiops-events`, made of the models that the API answers with.

They are checked in as `docs/events/<event_type>.schema.json` for the people who write other agents;
`python -m vigil.workflows.event_schemas FOLDER` writes them there.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

import orjson
from pydantic import AwareDatetime, BaseModel, create_model

from vigil.model.event import EventType
from vigil.model.explanation import Explanation
from vigil.model.received_alert import AlertGroup
from vigil.workflows.api.answers import AlertJson, AnomalyJson
from vigil.workflows.api.incident_answers import IncidentJson
from vigil.workflows.events import SCHEMA_VERSION

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_make: Any = create_model
_AnalysisJson: type[BaseModel] = _make(
    "AnalysisJson",
    __doc__="What an analyst makes of an incident; advice, which nothing follows from.",
    incident_id=(str, ...),
    **{name: (kind, ...) for name, kind in get_type_hints(Explanation).items()},
)
_AlertGroupJson: type[BaseModel] = _make(
    "AlertGroupJson",
    __doc__=AlertGroup.__doc__,
    **{name: (kind, ...) for name, kind in get_type_hints(AlertGroup).items()},
)


@dataclass(frozen=True, slots=True)
class EventShape:
    """When an event is published, the name of its subject in the data, and the subject's model."""

    meaning: str
    subject_kind: str
    subject: type[BaseModel]


SHAPES: Mapping[EventType, EventShape] = {
    EventType.ANOMALY_DETECTED: EventShape(
        "A window of a series strayed from what is usual.", "anomaly", AnomalyJson
    ),
    EventType.ALERT_RECEIVED: EventShape(
        "Somebody else has raised alerts, or says that they are over.", "alert", _AlertGroupJson
    ),
    EventType.INCIDENT_OPENED: EventShape(
        "Anomalies that belong together became an incident.", "incident", IncidentJson
    ),
    EventType.INCIDENT_RESOLVED: EventShape(
        "An incident has been quiet, or a person resolved it.", "incident", IncidentJson
    ),
    EventType.INCIDENT_REOPENED: EventShape(
        "A person says that an incident is not over.", "incident", IncidentJson
    ),
    EventType.ALERT_CREATED: EventShape(
        "An incident is bad enough that people are told.", "alert", AlertJson
    ),
    EventType.ALERT_ACKNOWLEDGED: EventShape("A person has taken an alert on.", "alert", AlertJson),
    EventType.ALERT_RESOLVED: EventShape("An alert is over.", "alert", AlertJson),
    EventType.ANALYSIS_REQUESTED: EventShape(
        "An incident is to be explained.", "incident", IncidentJson
    ),
    EventType.ANALYSIS_COMPLETED: EventShape(
        "An incident has been explained.", "analysis", _AnalysisJson
    ),
}


def event_schema(event_type: EventType) -> dict[str, Any]:
    """Return the JSON Schema of the data of such events.

    It is open: a field that it does not name is no mistake, so that readers who check by it go on
    when a later version says more.
    """
    shape = SHAPES[event_type]
    envelope: type[BaseModel] = _make(
        event_type.value,
        __doc__=shape.meaning,
        event_type=(Literal[event_type.value], ...),
        event_id=(str, ...),
        tenant_id=(str, ...),
        timestamp=(AwareDatetime, ...),
        **{shape.subject_kind: (shape.subject, ...)},
    )
    schema = _open(envelope.model_json_schema(mode="serialization"))
    identity = f"urn:vigil:event:{event_type.value}:v{SCHEMA_VERSION}"
    return {"$schema": _DIALECT, "$id": identity, **schema}


def schema_files() -> dict[str, bytes]:
    """Return what the file of each schema holds, by its name."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return {
        f"{event_type.value}.schema.json": orjson.dumps(event_schema(event_type), option=options)
        for event_type in EventType
    }


def _open(schema: Any) -> Any:
    """Return a schema without what closes it, and without titles that only repeat a name.

    The API's answers are closed, events are not.
    """
    if isinstance(schema, list):
        return [_open(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _open(value) for name, value in schema.items() if not _is_dropped(name, value)}


def _is_dropped(name: str, value: object) -> bool:
    # A property may be called "title", and what it is then is no text.
    return (name == "additionalProperties" and value is False) or (
        name == "title" and isinstance(value, str)
    )


if __name__ == "__main__":
    for name, content in schema_files().items():
        Path(sys.argv[1], name).write_bytes(content)
