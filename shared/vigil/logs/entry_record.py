"""A log entry as a record of plain values, for the way from one function to the next."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from vigil.errors import InvalidLogEntry
from vigil.logs.log_entry import LogEntry, Split
from vigil.logs.timestamp import parse_timestamp
from vigil.logs.traits import Trait
from vigil.model.log_severity import LogSeverity

Record = Mapping[str, Any]

_TEXTS = ("digest", "project_id", "log_id", "service", "endpoint", "message")
_REQUIRED = (*_TEXTS, "occurred_at", "received_at", "severity")
_OPTIONAL: dict[str, type] = {
    "severity_inferred": bool,
    "failed": bool,
    "status": int,
    "latency_us": int,
    "trace_id": str,
    "span_id": str,
    "parent_span_id": str,
    "split": list,
    "original_size": int,
    "late": bool,
    "source": str,
    "span_us": int,
    "traits": list,
    "user": str,
    "customer": str,
}
_required_values = attrgetter(*_REQUIRED)
_optional_values = attrgetter(*_OPTIONAL)
_SEVERITIES: dict[object, LogSeverity] = {severity.value: severity for severity in LogSeverity}


def record_of(entry: LogEntry) -> dict[str, object]:
    """Return the fields of an entry by name, without those that have their default.

    Its values are what orjson writes: instants, numbers, texts and a tuple. It is for `entry_of`.
    """
    record: dict[str, object] = dict(zip(_REQUIRED, _required_values(entry), strict=True))
    for name, value in zip(_OPTIONAL, _optional_values(entry), strict=True):
        if value is not None and value is not False and value != ():
            record[name] = value
    return record


def entry_of(record: Record) -> LogEntry:
    """Return the entry that `record_of` made a record of, one version back or ahead included.

    Unknown fields are passed over, missing optional ones have their default. Raises InvalidLogEntry
    for a record in which a required field is missing or a field is of the wrong kind.
    """
    try:
        texts = [record[name] for name in _TEXTS]
        digest, project_id, log_id, service, endpoint, message = texts
        occurred_at = parse_timestamp(record["occurred_at"])
        received_at = parse_timestamp(record["received_at"])
        severity = _SEVERITIES[record["severity"]]
    except (KeyError, TypeError):
        raise InvalidLogEntry("damaged batch") from None
    if occurred_at is None or received_at is None or not all(type(text) is str for text in texts):
        raise InvalidLogEntry("damaged batch")
    return LogEntry(
        digest,
        project_id,
        log_id,
        service,
        endpoint,
        occurred_at,
        received_at,
        severity,
        message,
        **_optional_of(record),
    )


def _optional_of(record: Record) -> dict[str, Any]:
    optional: dict[str, Any] = {}
    for name, value in record.items():
        kind = _OPTIONAL.get(name)
        if kind is None or value is None:
            continue
        if type(value) is not kind:
            raise InvalidLogEntry("damaged batch")
        optional[name] = value
    if "split" in optional:
        optional["split"] = _split_of(optional["split"])
    if "traits" in optional:
        optional["traits"] = _traits_of(optional["traits"])
    return optional


def _traits_of(value: list[object]) -> tuple[Trait, ...]:
    traits: list[Trait] = []
    for pair in value:
        match pair:
            case [str(name), str(text)]:
                traits.append((name, text))
            case _:
                raise InvalidLogEntry("damaged batch")
    return tuple(traits)


def _split_of(value: object) -> Split:
    match value:
        case [str(uid), int(index), int(total)]:
            return uid, index, total
    raise InvalidLogEntry("damaged batch")
