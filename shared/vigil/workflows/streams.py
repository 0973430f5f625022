"""The streams of a tenant: a sink for each, and its right to write to our topic."""

from contextlib import suppress
from dataclasses import replace

from vigil.errors import InvalidRequest, PreconditionFailed, TransientError
from vigil.logs.own_entries import OwnEntries
from vigil.logs.sink_filter import sink_filter
from vigil.model.stream import LogStreamConfig, Stream, StreamStatus, stream_id_of
from vigil.ports import Clock, Documents, Existence, Precondition
from vigil.sink_ports import LogSinks, Sink, TopicAccess
from vigil.stores.collection import Stored
from vigil.stores.queries import STREAMS_BY_STATUS
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore

_RACES = 5
# As many as one list shows.
MAX_STREAMS = 200
NOT_STOPPED = (StreamStatus.ACTIVE, StreamStatus.CREATING, StreamStatus.STOPPING)


class Streams:
    """Starts and stops streams; doing either again finishes what was left half done.

    What is wanted is kept first, then the world is changed to match it, then that is kept. After
    any crash the stream is shown as `creating` or `stopping` until somebody asks again; every step
    may be taken twice. Whoever loses a race looks again at what is wanted and does that, so two who
    start and stop a stream at once leave what was wanted last.
    """

    def __init__(  # noqa: PLR0913 - what it speaks to
        self,
        *,
        documents: Documents,
        registry: Registry,
        sinks: LogSinks,
        access: TopicAccess,
        clock: Clock,
        own: OwnEntries,
    ) -> None:
        self._documents = documents
        self._registry = registry
        self._sinks = sinks
        self._access = access
        self._clock = clock
        self._exclusions = own.exclusions()

    def start(self, store: TenantStore, config: LogStreamConfig, *, by: str) -> Stream | None:
        """Return the active stream of `config`; None if its project is not the tenant's.

        An unknown project and somebody else's are the same, and nothing is asked of Google before
        (FAULTS D01, D37). Raises InvalidRequest if a sink cannot be told to take so many services,
        or the tenant has MAX_STREAMS already; CloudRefused and TransientError as the sinks do.
        """
        owner = self._registry.tenant_of(config.project_id)
        if owner is None or owner.tenant_id != store.tenant_id:
            return None
        wanted = Stream(
            stream_id_of(store.tenant_id, config),
            store.tenant_id,
            config,
            StreamStatus.CREATING,
            self._clock(),
            by,
        )
        self._sink(wanted)
        self._require_room(store, wanted)
        return self._reach(store, wanted.stream_id, wanted)

    def stop(self, store: TenantStore, stream_id: str, *, by: str) -> Stream | None:
        """Return the stopped stream, stopped by the first who did so; None if there is none."""
        kept = store.streams.get(stream_id)
        if kept is None:
            return None
        if kept.value.status is StreamStatus.STOPPED:
            return kept.value
        wanted = replace(
            kept.value, status=StreamStatus.STOPPING, stopped_at=self._clock(), stopped_by=by
        )
        return self._reach(store, stream_id, wanted)

    def _require_room(self, store: TenantStore, wanted: Stream) -> None:
        going_on = [each for status in NOT_STOPPED for each in listed(store, status)]
        is_known = any(each.stream_id == wanted.stream_id for each in going_on)
        if not is_known and len(going_on) >= MAX_STREAMS:
            raise InvalidRequest(f"a tenant has at most {MAX_STREAMS} streams; stop one first")

    def _reach(self, store: TenantStore, stream_id: str, wanted: Stream) -> Stream:
        """Keep what is wanted, and then do what is wanted by then until nobody interferes."""
        self._keep_wish(store, wanted)
        for _ in range(_RACES):
            with suppress(PreconditionFailed):
                return self._match(store, stream_id)
        raise TransientError("the stream was changed by others each time")

    def _keep_wish(self, store: TenantStore, wanted: Stream) -> None:
        for _ in range(_RACES):
            kept = store.streams.get(wanted.stream_id)
            after = _wish(kept.value if kept else None, wanted)
            with suppress(PreconditionFailed):
                return self._put(store, after, kept.unchanged if kept else Existence.ABSENT)
        raise TransientError("the stream was changed by others each time")

    def _match(self, store: TenantStore, stream_id: str) -> Stream:
        """Make the world match what is kept; raise PreconditionFailed if that changed meanwhile."""
        kept = store.streams.get(stream_id)
        if kept is None:
            raise TransientError("the stream was forgotten while it was changed")
        return self._make(store, kept) if kept.value.status.is_wanted else self._end(store, kept)

    def _make(self, store: TenantStore, kept: Stored[Stream]) -> Stream:
        made = self._sinks.create(self._sink(kept.value))
        # Kept before anybody is let in, so that whoever was let in can be shut out again.
        known = replace(kept.value, sink_name=made.name, writer_identity=made.writer_identity)
        kept = self._change(store, kept, known)
        if made.writer_identity is not None:
            self._access.admit(made.writer_identity)
        return self._change(store, kept, replace(known, status=StreamStatus.ACTIVE)).value

    def _end(self, store: TenantStore, kept: Stored[Stream]) -> Stream:
        stream = kept.value
        self._sinks.remove(stream.config.project_id, _sink_name(stream))
        if stream.writer_identity is not None:
            self._shut_out(store, stream, stream.writer_identity)
        # The identity stays: who loses a race after it has let it in has to know it.
        return self._change(store, kept, replace(stream, status=StreamStatus.STOPPED)).value

    def _shut_out(self, store: TenantStore, stream: Stream, identity: str) -> None:
        """Take away an identity's right to write, unless another sink needs it."""
        if not self._is_needed(store, stream, identity):
            self._access.dismiss(identity)
        # Asked again: who came meanwhile may have found the door open just before it was shut.
        if self._is_needed(store, stream, identity):
            self._access.admit(identity)

    def _is_needed(self, store: TenantStore, stream: Stream, identity: str) -> bool:
        wanted = [*listed(store, StreamStatus.CREATING), *listed(store, StreamStatus.ACTIVE)]
        return any(
            other.config.project_id == stream.config.project_id
            and other.writer_identity in (None, identity)
            for other in wanted
        ) or bool(self._sinks.delivering(stream.config.project_id))

    def _change(self, store: TenantStore, before: Stored[Stream], after: Stream) -> Stored[Stream]:
        """Keep `after` if nobody has written since, and return it as it is kept."""
        self._put(store, after, before.unchanged)
        kept = store.streams.get(after.stream_id)
        if kept is None or kept.value != after:
            raise PreconditionFailed("somebody else has changed the stream")
        return kept

    def _put(self, store: TenantStore, stream: Stream, when: Precondition) -> None:
        self._documents.commit([store.streams.put(stream.stream_id, stream, when=when)])

    def _sink(self, stream: Stream) -> Sink:
        return Sink(
            stream.config.project_id,
            _sink_name(stream),
            "Entries that Vigil watches; made and removed by Vigil",
            sink_filter(stream.config),
            self._exclusions,
        )


def listed(store: TenantStore, status: StreamStatus, limit: int = MAX_STREAMS) -> list[Stream]:
    """Return the tenant's streams of one status, the oldest first."""
    found = store.streams.query(STREAMS_BY_STATUS, equal={"status": status.value}, limit=limit)
    return [stored.value for stored in found]


def _wish(kept: Stream | None, wanted: Stream) -> Stream:
    """Return what is to be kept of a stream when somebody wants it to be as `wanted`."""
    if kept is None:
        return wanted
    if wanted.status.is_wanted:
        return _revived(kept, wanted)
    if not kept.status.is_wanted:
        return kept
    return replace(
        kept, status=wanted.status, stopped_at=wanted.stopped_at, stopped_by=wanted.stopped_by
    )


def _revived(kept: Stream, wanted: Stream) -> Stream:
    """Return a stream that is wanted again; one that runs goes on running with the new figures."""
    if kept.status.is_wanted:
        return replace(kept, config=wanted.config)
    identity = kept.writer_identity
    return replace(wanted, sink_name=kept.sink_name, writer_identity=identity)


def _sink_name(stream: Stream) -> str:
    return f"vigil-{stream.stream_id}"
