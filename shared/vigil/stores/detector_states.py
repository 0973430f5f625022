"""The detector's state of each service, and which entries it has seen."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypedDict, cast

from vigil.detection.service_state import ServiceState
from vigil.errors import PermanentError
from vigil.logs.log_entry import LogEntry
from vigil.model.identity import content_id
from vigil.ports import Document, Documents, Existence, OfVersion, Precondition, Put, Write
from vigil.stores.queries import SERVICES
from vigil.telemetry import logger

_log = logger(__name__)
SEEN_HORIZON = timedelta(minutes=30)
# What a service was like a month ago says little about what it will be like.
_KEEP_STATE = timedelta(days=30)
_REMEMBERED = 500
# A document has room for the digests of a service with 13,000 entries a second.
_SEEN_SECONDS = 10
_DIGEST_BYTES = 8


class _Fields(TypedDict):
    service: str
    state: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReadState:
    """A service's state as it was read, and the precondition that nobody has written it since."""

    service: str
    state: ServiceState
    unchanged: Precondition


class DetectorStates:
    """Reads and writes the states of services.

    It remembers the states that it wrote last, beside their bytes, so that a busy service's is not
    decoded anew each time. A state is remembered only once its commit has succeeded.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._remembered: OrderedDict[str, tuple[bytes, ServiceState]] = OrderedDict()

    def path(self, root: str, service: str) -> str:
        """Return where the state of a tenant's service lies."""
        return f"{root}/baselines/{content_id('service', service)}"

    def of_tenant(self, root: str) -> list[tuple[str, ReadState]]:
        """Return the states of all services of a tenant, with their paths.

        One that cannot be read is left out, and our own log tells of it: the others go on.
        """
        found: list[tuple[str, ReadState]] = []
        for document in self._documents.query(SERVICES, parent=root):
            try:
                found.append((document.path, self._decode(document)))
            except PermanentError:
                _log.exception("the state of a service cannot be read", path=document.path)
        return found

    def read(self, path: str, document: Document | None, service: str) -> ReadState:
        """Return the state in a document, or the empty one of a service never heard of."""
        if document is None:
            return ReadState(service, ServiceState.from_bytes(service, None), Existence.ABSENT)
        return self._decode(document)

    def write(self, path: str, read: ReadState, state: ServiceState) -> Put:
        """Return the write that replaces what was read by `state`, if nobody else has."""
        fields = _Fields(
            service=read.service,
            state=state.to_bytes(),
            expires_at=datetime.fromtimestamp(max(state.heard, default=0), UTC) + _KEEP_STATE,
        )
        return Put(path, cast("dict[str, object]", fields), read.unchanged)

    def remember(self, written: Put, state: ServiceState) -> None:
        """Keep a state whose commit has succeeded, as `write` made it."""
        packed = cast("_Fields", written.fields)["state"]
        self._remembered[written.path] = (packed, state)
        self._remembered.move_to_end(written.path)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)

    def _decode(self, document: Document) -> ReadState:
        fields = cast("_Fields", document.fields)
        packed, state = self._remembered.get(document.path, (b"", None))
        if state is None or packed != fields["state"]:
            state = ServiceState.from_bytes(fields["service"], fields["state"])
        return ReadState(fields["service"], state, OfVersion(document.version))


class SeenEntries:
    """Which entries of a service have been seen, a document for each ten seconds of event time.

    A redelivered entry has the event time that it had before, so only the spans that a batch
    touches are read. The documents have no precondition of their own: they are written together
    with the service's state, whose precondition holds for both.
    """

    def __init__(self, root: str, service: str, entries: Iterable[LogEntry]) -> None:
        service_id = content_id("service", service)
        self._spans = sorted({_span(entry) for entry in entries})
        self.paths = [f"{root}/seen/{service_id}-{span}" for span in self._spans]

    def sort_out(
        self, entries: Iterable[LogEntry], documents: Sequence[Document | None], now: datetime
    ) -> tuple[list[LogEntry], list[Write]]:
        """Return the entries not seen before, and the writes that remember them for the horizon.

        `documents` are those at `paths`.
        """
        seen = {
            span: _unpack(document) for span, document in zip(self._spans, documents, strict=True)
        }
        touched: set[int] = set()
        fresh: list[LogEntry] = []
        for entry in entries:
            span, digest = _span(entry), bytes.fromhex(entry.digest)
            if digest not in seen[span]:
                seen[span].add(digest)
                touched.add(span)
                fresh.append(entry)
        expires_at = now + SEEN_HORIZON
        # In order, so that the document does not depend on the order in which entries came.
        return fresh, [
            Put(path, {"digests": b"".join(sorted(seen[span])), "expires_at": expires_at})
            for span, path in zip(self._spans, self.paths, strict=True)
            if span in touched
        ]


def _span(entry: LogEntry) -> int:
    return int(entry.occurred_at.timestamp()) // _SEEN_SECONDS


def _unpack(document: Document | None) -> set[bytes]:
    if document is None:
        return set()
    packed = cast("bytes", document.fields["digests"])
    return {packed[i : i + _DIGEST_BYTES] for i in range(0, len(packed), _DIGEST_BYTES)}
