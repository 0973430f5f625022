"""Reading of events that have come back over the bus (FAULTS A06)."""

from collections.abc import Mapping

from vigil.errors import InvalidLogEntry, PermanentError
from vigil.logs.fields import Fields, object_at
from vigil.logs.json_text import read_object
from vigil.logs.push_message import PUSH_LIMIT_BYTES


def tenant_named(attributes: Mapping[str, str]) -> str:
    """Return the id of the tenant that an event is about; raise PermanentError if it names none."""
    return _text(attributes, "tenant_id")


def subject_of(data: bytes, kind: str) -> Fields:
    """Return what an event is about, such as its `incident`; raise PermanentError without one."""
    try:
        subject = object_at(read_object(data, size_limit=PUSH_LIMIT_BYTES), kind)
    except InvalidLogEntry as error:
        raise PermanentError(f"the event cannot be read: {error.reason}") from None
    if not subject:
        raise PermanentError(f"the event tells of no {kind}")
    return subject


def id_in(subject: Fields, name: str) -> str:
    """Return an id that a subject has to have; raise PermanentError if it has not."""
    return _text(subject, name)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise PermanentError(f"the event has no {name}")
    return value
