"""The detector's state of each service, in as many documents as its size needs."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TypedDict, cast

from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import MOST_SHARDS, doubled
from vigil.errors import PermanentError
from vigil.model.identity import content_id
from vigil.ports import Document, Documents, Existence, OfVersion, Precondition, Put
from vigil.stores.queries import SERVICES
from vigil.telemetry import logger

_log = logger(__name__)
# What a service was like a month ago says little about what it will be like.
_KEEP_STATE = timedelta(days=30)
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_REMEMBERED = 500
# A larger document would be slow to write once a second, and near to what Firestore takes.
STATE_LIMIT_BYTES = 200_000


# A service's own id has one hyphen.
_SHARD = re.compile(r"(.*/v1-[0-9a-f]+)-([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Fields:
    service: str
    state: bytes
    committed_at: datetime
    expires_at: datetime


class _Stored(TypedDict):
    service: str
    state: bytes
    committed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReadService:
    """A service as it was read: its shards by number, as far as they were asked for.

    Whoever writes any of them writes the first one too, on the condition that it is `unchanged`: so
    that holds for all of them, and what was read at different instants is of one version.
    `committed_at` is when that was last done, None for a service never heard of. No state of it is
    behind `judged_at`, up to which all services of the tenant have been judged. It is kept until
    `expires_at` at least.
    """

    service: str
    path: str
    states: Mapping[int, ServiceState]
    committed_at: datetime | None
    unchanged: Precondition
    judged_at: datetime | None = None
    expires_at: datetime = _LONG_AGO

    @property
    def shards(self) -> int:
        """How many shards the service has."""
        return self.states[0].shards


class DetectorStates:
    """Reads and writes the states of services.

    It remembers the states that it wrote last, beside their bytes, so that a busy service's is not
    decoded anew each time. A state is remembered only once its commit has succeeded.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._remembered: OrderedDict[str, tuple[bytes, ServiceState]] = OrderedDict()
        self._lock = threading.Lock()

    def path(self, root: str, service: str) -> str:
        """Return where the first shard of a tenant's service lies."""
        return f"{root}/baselines/{content_id('service', service)}"

    def of_tenant(
        self,
        root: str,
        judged_at: datetime | None,
        *,
        on_damage: Callable[[str], None] = lambda _service: None,
    ) -> list[ReadService]:
        """Return all services of a tenant, with all their shards.

        One that cannot be read is left out, and our own log tells of it: the others go on.
        `on_damage` is called with its name, "" if that cannot be read either.
        """
        found: list[ReadService] = []
        documents = sorted(self._documents.query(SERVICES, parent=root), key=_place)
        for path, shards in groupby(documents, key=lambda document: _place(document)[0]):
            whole = list(shards)
            # The rest of a service that has expired stays for some hours.
            if whole[0].path != path:
                continue
            try:
                found.append(self._whole(whole, judged_at))
            except PermanentError:
                _log.exception("the state of a service cannot be read", path=path)
                on_damage(_name_in(whole[0]))
        return found

    def read(
        self, path: str, document: Document | None, service: str, judged_at: datetime | None
    ) -> ReadService:
        """Return a service with its first shard; `document` is what lies at its path."""
        if document is None:
            empty = _not_behind(ServiceState(service), judged_at)
            return ReadService(service, path, {0: empty}, None, Existence.ABSENT, judged_at)
        return self._head(document, judged_at)

    def with_shards(self, read: ReadService, shards: Iterable[int]) -> ReadService:
        """Return it with these shards too."""
        missing = [shard for shard in shards if shard not in read.states]
        if not missing:
            return read
        found = self._documents.get([_path_of(read.path, shard) for shard in missing])
        empty = ServiceState(read.service, shards=read.shards)
        states = {
            shard: self._state(document, read.service) if document else replace(empty, shard=shard)
            for shard, document in zip(missing, found, strict=True)
        }
        judged = {shard: _not_behind(state, read.judged_at) for shard, state in states.items()}
        return replace(read, states={**read.states, **judged})

    def write(
        self, read: ReadService, changed: Mapping[int, ServiceState], now: datetime
    ) -> "WrittenService":
        """Return what keeps the `changed` shards, if nobody else has written the service.

        When one of them is too large, all are split, and become twice as many.
        """
        kept = {0: read.states[0], **changed}
        packed = self._packed(read.path, kept)
        while max(map(len, packed.values())) > STATE_LIMIT_BYTES and kept[0].shards < MOST_SHARDS:
            known = replace(read, states={**read.states, **kept})
            kept = doubled(self.with_shards(known, range(known.shards)).states.values())
            packed = self._packed(read.path, kept)
            read = replace(read, states=kept)
        heard_at = max((at for state in kept.values() for at in state.heard), default=0)
        # Shards that are not written may have been heard of later.
        expires_at = max(datetime.fromtimestamp(heard_at, UTC) + _KEEP_STATE, read.expires_at)
        return WrittenService(
            [
                _put(read, shard, _Fields(read.service, packed[shard], now, expires_at))
                for shard in sorted(kept)
            ],
            {_path_of(read.path, shard): (packed[shard], kept[shard]) for shard in kept},
        )

    def remember(self, written: "WrittenService") -> None:
        """Keep the states whose commit has succeeded."""
        with self._lock:
            for path, kept in written.states.items():
                self._remembered[path] = kept
                self._remembered.move_to_end(path)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)

    def _packed(self, path: str, states: Mapping[int, ServiceState]) -> dict[int, bytes]:
        return {shard: self._bytes_of(_path_of(path, shard), s) for shard, s in states.items()}

    def _bytes_of(self, path: str, state: ServiceState) -> bytes:
        packed, known = self._remembered.get(path, (b"", None))
        return packed if known is state else state.to_bytes()

    def _whole(self, shards: Sequence[Document], judged_at: datetime | None) -> ReadService:
        """Return a service from the documents of all its shards."""
        read = self._head(shards[0], judged_at)
        states = [self._state(document, read.service) for document in shards[1:]]
        found = {
            state.shard: _not_behind(state, judged_at)
            for state in states
            if state.shards == read.shards
        }
        return replace(read, states={**read.states, **found})

    def _head(self, document: Document, judged_at: datetime | None) -> ReadService:
        fields = _stored(document)
        service = fields["service"]
        return ReadService(
            service,
            document.path,
            {0: _not_behind(self._state(document, service), judged_at)},
            fields["committed_at"],
            OfVersion(document.version),
            judged_at,
            fields["expires_at"],
        )

    def _state(self, document: Document, service: str) -> ServiceState:
        stored = _stored(document)["state"]
        packed, state = self._remembered.get(document.path, (b"", None))
        if state is None or packed != stored:
            state = ServiceState.from_bytes(service, stored)
        return state


@dataclass(frozen=True, slots=True)
class WrittenService:
    """The writes that keep a service, and the states that they hold beside their bytes, by path."""

    puts: list[Put]
    states: Mapping[str, tuple[bytes, ServiceState]]


def _put(read: ReadService, shard: int, fields: _Fields) -> Put:
    when = None if shard else read.unchanged
    return Put(_path_of(read.path, shard), asdict(fields), when)


def _stored(document: Document) -> _Stored:
    """Return what lies in a document; raise PermanentError if that is nothing of ours."""
    match document.fields:
        case {
            "service": str(),
            "state": bytes(),
            "committed_at": datetime(),
            "expires_at": datetime(),
        }:
            return cast("_Stored", document.fields)
        case _:
            raise PermanentError("what is kept of a service cannot be read")


def _name_in(document: Document) -> str:
    """Return the service of which a document that cannot be read seems to be."""
    service = document.fields.get("service")
    return service if isinstance(service, str) else ""


def _path_of(path: str, shard: int) -> str:
    return f"{path}-{shard}" if shard else path


def _place(document: Document) -> tuple[str, int]:
    """Return the path of the first shard of the same service, and which shard this is."""
    found = _SHARD.fullmatch(document.path)
    return (found[1], int(found[2])) if found else (document.path, 0)


def _not_behind(state: ServiceState, judged_at: datetime | None) -> ServiceState:
    if judged_at is None or (state.watermark is not None and state.watermark >= judged_at):
        return state
    return replace(state, watermark=judged_at)
