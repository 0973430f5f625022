"""A batch of log entries, as it goes from `batch_logs` to `detect_anomalies` (FAULTS A22)."""

from dataclasses import dataclass, fields
from datetime import datetime

import orjson

from vigil.errors import InvalidLogEntry
from vigil.logs.entry_record import entry_of, record_of
from vigil.logs.fields import Fields
from vigil.logs.log_entry import LogEntry
from vigil.logs.timestamp import parse_timestamp
from vigil.model.outcome import Outcomes

SCHEMA_VERSION = 1
_OUTCOMES = tuple(field.name for field in fields(Outcomes))


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Entries of one tenant that are analysed together.

    `outcomes` speak of all entries that came in for this batch: how many were `received`, and what
    became of those that are not in `entries` (invalid, filtered, rate limited).
    """

    batch_id: str
    tenant_id: str
    flushed_at: datetime
    entries: tuple[LogEntry, ...]
    outcomes: Outcomes

    def to_bytes(self) -> bytes:
        """Return compact JSON that `parse` reads."""
        return orjson.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "batch_id": self.batch_id,
                "tenant_id": self.tenant_id,
                "flushed_at": self.flushed_at,
                "outcomes": _written_outcomes(self.outcomes),
                "entries": [record_of(entry) for entry in self.entries],
            },
            option=orjson.OPT_UTC_Z,
        )

    @classmethod
    def parse(cls, content: bytes) -> "LogBatch":
        """Return the batch in `content`, written by this version, the one before or the one after.

        Unknown fields are passed over and missing outcomes are none. Raises InvalidLogEntry for a
        damaged batch; no entry of it is kept then, because it comes from Vigil itself.
        """
        try:
            batch = orjson.loads(content)
        except orjson.JSONDecodeError:
            raise InvalidLogEntry("damaged batch") from None
        if not isinstance(batch, dict):
            raise InvalidLogEntry("damaged batch")
        flushed_at = parse_timestamp(batch.get("flushed_at"))
        if flushed_at is None:
            raise InvalidLogEntry("damaged batch")
        return cls(
            batch_id=_text_at(batch, "batch_id"),
            tenant_id=_text_at(batch, "tenant_id"),
            flushed_at=flushed_at,
            entries=_read_entries(batch.get("entries")),
            outcomes=_read_outcomes(batch.get("outcomes", {})),
        )


def _written_outcomes(outcomes: Outcomes) -> dict[str, int]:
    counts = {name: getattr(outcomes, name) for name in _OUTCOMES}
    return {name: count for name, count in counts.items() if count}


def _read_outcomes(value: object) -> Outcomes:
    if not isinstance(value, dict):
        raise InvalidLogEntry("damaged batch")
    counts = {name: value[name] for name in _OUTCOMES if name in value}
    if not all(type(count) is int and count >= 0 for count in counts.values()):
        raise InvalidLogEntry("damaged batch")
    return Outcomes(**counts)


def _read_entries(value: object) -> tuple[LogEntry, ...]:
    if not isinstance(value, list) or not all(isinstance(record, dict) for record in value):
        raise InvalidLogEntry("damaged batch")
    return tuple([entry_of(record) for record in value])


def _text_at(batch: Fields, name: str) -> str:
    value = batch.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidLogEntry("damaged batch")
    return value
