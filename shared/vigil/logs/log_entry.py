"""A log entry, in the one shape in which the rest of Vigil knows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import orjson

from vigil.errors import InvalidLogEntry
from vigil.logs.endpoint import endpoint_of
from vigil.logs.fields import Fields, object_at, whole_of
from vigil.logs.json_text import clean, read_object
from vigil.logs.measures import latency_of, span_of, status_of
from vigil.logs.payload import audit_failed, cut, message_of, payload_of
from vigil.logs.resource import origin_of
from vigil.logs.severity_text import severity_of
from vigil.logs.source import DENIED, pseudonym_of, sender_of
from vigil.logs.timestamp import instants_of
from vigil.logs.trace_context import ID_LIMIT, trace_context_of
from vigil.logs.traits import Trait, customer_of, known_labels, traits_of, user_of
from vigil.model.log_severity import LogSeverity

_SERVER_ERROR = 500
# What a status says where nothing else does: that a limit has been reached.
_REASONS = {429: " Too Many Requests", 507: " Insufficient Storage"}
# A plain number compares faster than an enumeration's attribute is looked up.
_WARNING = int(LogSeverity.WARNING)

Split = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a log.

    `digest` identifies it across deliveries: 16 hexadecimal digits of (logName, timestamp,
    insertId). `occurred_at` is never far from `received_at` (see `timestamp`); an entry that
    claimed to be older than the horizon is `late`. `service` and `endpoint` are "" where there is
    none. `status` is HTTP's, `latency_us` is in microseconds. `split` is (uid, index, total) of an
    entry that Cloud Logging had to cut into pieces. `original_size` is the length in characters of
    a message that was cut. `source` is a pseudonym of who sent what may have been refused.
    `span_us` is how long the span took that the entry tells of, in microseconds. `traits` say where
    it ran (see `traits`), `user` is a pseudonym of the user whom it names, `customer` of whom it
    names as the customer, tenant, organization or account, who may have many users. The text is as
    it was written: redact what is taken out of it.
    """

    digest: str
    project_id: str
    log_id: str
    service: str
    endpoint: str
    occurred_at: datetime
    received_at: datetime
    severity: LogSeverity
    message: str
    severity_inferred: bool = False
    failed: bool = False
    status: int | None = None
    latency_us: int | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    split: Split | None = None
    original_size: int | None = None
    late: bool = False
    source: str | None = None
    span_us: int | None = None
    traits: tuple[Trait, ...] = ()
    user: str | None = None
    customer: str | None = None

    @classmethod
    def parse(
        cls,
        raw: bytes | str | Mapping[str, object],
        *,
        received_at: datetime | None = None,
        message_id: str = "",
    ) -> "LogEntry":
        """Return the entry in `raw`: its JSON, possibly compressed with gzip, or the object itself.

        `received_at` is when Vigil got it; None in a replay, where the entry's own times are all
        there is. `message_id` identifies an entry that has no insertId. Raises InvalidLogEntry, and
        nothing else.

        >>> entry = LogEntry.parse(
        ...     b'{"logName": "projects/shop/logs/requests", "timestamp": "2024-05-01T12:00:00Z",'
        ...     b'"insertId": "a1", "severity": "ERROR", "labels": {"service": "cart"},'
        ...     b'"httpRequest": {"requestMethod": "POST", "requestUrl": "/pay/17",'
        ...     b'"status": 500, "latency": "0.25s"}}'
        ... )
        >>> entry.service, entry.endpoint, entry.latency_us, entry.failed, entry.message
        ('cart', 'POST /pay/{id}', 250000, True, 'POST /pay/{id} 500')
        """
        fields = _object_of(raw)
        payload = payload_of(fields)
        request = object_at(fields, "httpRequest")
        occurred_at, received, late = instants_of(fields, payload, received_at)
        project_id, log_id, service = origin_of(fields, payload)
        endpoint = endpoint_of(request, payload)
        status = status_of(request, payload)
        text = message_of(fields, payload) or _request_line(endpoint, status)
        message, original_size = cut(text)
        severity, inferred = severity_of(fields, payload, message)
        failed = _has_failed(severity, status, fields)
        trace_id, span_id, parent_span_id = trace_context_of(fields, payload)
        labels = known_labels(fields)
        user = user_of(payload, labels) if payload or labels else ""
        customer = customer_of(payload, labels) if payload or labels else ""
        return cls(
            _digest_of(fields, raw, message_id),
            project_id,
            log_id,
            service,
            endpoint,
            occurred_at,
            received,
            severity,
            message,
            inferred,
            failed,
            status,
            latency_of(request, payload),
            trace_id,
            span_id,
            parent_span_id,
            _split_of(fields),
            original_size,
            late,
            pseudonym_of(sender_of(fields, payload, message), project_id, occurred_at)
            if status in DENIED or (status is None and (failed or severity >= _WARNING))
            else None,
            span_of(payload),
            traits_of(fields, payload, labels),
            pseudonym_of(user, project_id, occurred_at) if user else None,
            pseudonym_of(customer, project_id, occurred_at) if customer else None,
        )


def _request_line(endpoint: str, status: int | None) -> str:
    if status is None:
        return endpoint
    return f"{endpoint} {status}{_REASONS.get(status, '')}".lstrip()


def _object_of(raw: bytes | str | Mapping[str, object]) -> Fields:
    if isinstance(raw, bytes | str):
        return read_object(raw)
    fields = clean(raw)
    if not isinstance(fields, dict):
        raise InvalidLogEntry("not an object")
    return fields


def _digest_of(fields: Fields, raw: bytes | str | Mapping[str, object], message_id: str) -> str:
    log_name, stamp = fields.get("logName"), fields.get("timestamp")
    name = log_name if isinstance(log_name, str) else ""
    # A timestamp of another kind can be deep; it is among the content then.
    time = stamp if isinstance(stamp, str) else ""
    identity = fields.get("insertId") or message_id
    digest = blake2b(f"{len(name)}:{name}{len(time)}:{time}".encode(), digest_size=8)
    if identity and isinstance(identity, str | int | float):
        digest.update(str(identity).encode("utf-8", "replace"))
    else:
        digest.update(_content_of(raw, fields))
    return digest.hexdigest()


def _content_of(raw: bytes | str | Mapping[str, object], fields: Fields) -> bytes:
    if isinstance(raw, bytes):
        return raw
    if isinstance(raw, str):
        return raw.encode("utf-8", "surrogatepass")
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


def _has_failed(severity: LogSeverity, status: int | None, fields: Fields) -> bool:
    if severity >= LogSeverity.ERROR or (status is not None and status >= _SERVER_ERROR):
        return True
    return "protoPayload" in fields and audit_failed(fields)


def _split_of(fields: Fields) -> Split | None:
    if "split" not in fields:
        return None
    split = object_at(fields, "split")
    uid, index, total = (
        split.get("uid"),
        whole_of(split.get("index", 0)),
        whole_of(split.get("totalSplits")),
    )
    if not isinstance(uid, str) or index is None or total is None or not 0 <= index < total:
        return None
    return uid[:ID_LIMIT], index, total
