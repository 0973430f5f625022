"""A stream: the entries of one project that a tenant has asked to be watched."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vigil.errors import InvalidRequest
from vigil.model.identity import content_id
from vigil.model.log_severity import LogSeverity

MAX_SERVICES = 100
MAX_NAME = 200
_UNUSABLE = frozenset('"\\')


class StreamStatus(StrEnum):
    """How far a stream has come; only an active one is known to deliver."""

    CREATING = "creating"
    ACTIVE = "active"
    STOPPING = "stopping"
    STOPPED = "stopped"

    @property
    def is_wanted(self) -> bool:
        """Whether its entries are to come in."""
        return self in (StreamStatus.CREATING, StreamStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class LogStreamConfig:
    """Which entries of a project are watched, and when the model looks at them.

    No services means all of them. ERROR stands for itself and for everything worse: nobody who asks
    for errors wants to miss what is critical. The model looks when `batch_size` entries have been
    counted since its last look, or `batch_timeout_seconds` after it.
    """

    project_id: str
    services: tuple[str, ...] = ()
    severity_filter: tuple[LogSeverity, ...] = (
        LogSeverity.ERROR,
        LogSeverity.WARNING,
        LogSeverity.INFO,
    )
    batch_size: int = 100
    batch_timeout_seconds: int = 300
    enable_gemini_analysis: bool = True


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it is kept: what was asked for, by whom, and what has been made of it.

    `sink_name` is None where no sink is needed, `writer_identity` where nobody has to be let in to
    the topic. A stopped stream stays as a record of who stopped it.
    """

    stream_id: str
    tenant_id: str
    config: LogStreamConfig
    status: StreamStatus
    created_at: datetime
    created_by: str
    sink_name: str | None = None
    writer_identity: str | None = None
    stopped_at: datetime | None = None
    stopped_by: str | None = None


def stream_id_of(tenant_id: str, config: LogStreamConfig) -> str:
    """Return the id of the tenant's stream of these entries.

    What decides which entries come in is in the id, so asking again for the same entries, in
    whatever order and with whatever batch size, means the same stream and no second sink.

    >>> one = LogStreamConfig("shop", ("cart", "payment"))
    >>> other = LogStreamConfig("shop", ("payment", "cart", "cart"), batch_size=500)
    >>> stream_id_of("acme", one) == stream_id_of("acme", other)
    True
    """
    services = sorted(set(config.services))
    severities = sorted({severity.name for severity in config.severity_filter})
    counts = (len(services), len(severities))
    return content_id("stream", tenant_id, config.project_id, *counts, *services, *severities)


def checked_services(names: Iterable[str]) -> tuple[str, ...]:
    """Return each of `names` once, in their order.

    Raises InvalidRequest if there are more than MAX_SERVICES, or if one of them is no name: 1 to
    MAX_NAME printable characters without quotation mark, backslash and space at its ends.
    """
    services = tuple(dict.fromkeys(names))
    if len(services) > MAX_SERVICES:
        raise InvalidRequest(f"services: at most {MAX_SERVICES} can be named; none means all")
    if not all(_is_name(service) for service in services):
        raise InvalidRequest(
            f"services: a name has 1 to {MAX_NAME} printable characters, none of them a quotation "
            "mark or a backslash, and no space at its ends"
        )
    return services


def checked_severities(names: Iterable[str]) -> tuple[LogSeverity, ...]:
    """Return the severity of each name, in either case, once and in their order.

    Raises InvalidRequest for a name that is none of Cloud Logging's, or if there is none.

    >>> [severity.name for severity in checked_severities(["error", "WARNING", "ERROR"])]
    ['ERROR', 'WARNING']
    """
    known = {severity.name: severity for severity in LogSeverity}
    found = tuple(dict.fromkeys(known.get(name.upper()) for name in names))
    severities = tuple(severity for severity in found if severity is not None)
    if not severities or len(severities) < len(found):
        raise InvalidRequest(f"severity_filter: has one or more of {', '.join(known)}")
    return severities


def _is_name(text: str) -> bool:
    fits = 1 <= len(text) <= MAX_NAME and text.isprintable() and text == text.strip()
    return fits and _UNUSABLE.isdisjoint(text)
