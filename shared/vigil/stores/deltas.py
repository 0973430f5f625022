"""Deltas: what is to be done to a service that is written too often to be written at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vigil.detection.service_state import ServiceState
from vigil.errors import PermanentError
from vigil.model.identity import content_id
from vigil.model.outcome import Outcomes
from vigil.ports import Delete, Document, Documents, Existence, Put
from vigil.stores.queries import DELTAS
from vigil.stores.seen_entries import Digests
from vigil.telemetry import logger

_log = logger(__name__)
# A batch is redelivered for a day at the most; its delta is folded by then, or nobody's.
_KEEP = timedelta(days=2)
# One that is older was left after its work had been done, whose ledger key may be forgotten soon.
_FOLDED_WITHIN = timedelta(days=1)
# What reading a document raises that another version of ours wrote, or nobody of ours.
_DAMAGE = (PermanentError, LookupError, TypeError, ValueError, AttributeError)
# As many as one commit takes in; the rest waits for the next.
_AT_ONCE = 150


@dataclass(frozen=True, slots=True)
class BatchDelta:
    """What a batch adds to a service: windows, the digests of its entries, what is counted.

    Its key is the ledger's key of the work. `duplicates` are those that were known when it was
    left, `marked_late` those of its entries that were late whenever it is folded.
    """

    key: str
    windows: ServiceState
    digests: Digests
    outcomes: Outcomes
    batches: int
    marked_late: int = 0


@dataclass(frozen=True, slots=True)
class TickDelta:
    """That a service is to be judged up to `watermark_at`; `heard` is what `advance` is given.

    `ticked_at` is its place among the deltas, however often it is left.
    """

    watermark_at: datetime
    heard: frozenset[int]
    ticked_at: datetime


@dataclass(frozen=True, slots=True)
class LeftDeltas:
    """The deltas of a service in the order in which they were left; a tick comes last.

    `paths` are where they lie, and where those lie that cannot be read.
    """

    batches: Sequence[BatchDelta] = ()
    tick: TickDelta | None = None
    paths: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.paths)


class Deltas:
    """The deltas of one service of one tenant."""

    def __init__(self, documents: Documents, root: str, service: str) -> None:
        self._documents = documents
        self._root = root
        self._service = service
        self.service_id = content_id("service", service)

    def path(self, key: str, time: int = 0) -> str:
        """Return where the delta of a batch lies that is left for the n-th time, 0 for the first.

        Each time elsewhere, so that no document is written twice within a second.
        """
        return f"{self._root}/deltas/{key}-{time}" if time else f"{self._root}/deltas/{key}"

    @property
    def tick_path(self) -> str:
        """Where the tick lies that waits: the latest one, which goes farthest."""
        return self.path(f"{self.service_id}-tick")

    def read(self, now: datetime) -> LeftDeltas:
        """Return what waits, as much of it as one commit can take in."""
        asked = {"service_id": self.service_id}
        found = self._documents.query(DELTAS, parent=self._root, equal=asked, limit=_AT_ONCE)
        deltas = [self._readable(document, now) for document in found]
        return LeftDeltas(
            [delta for delta in deltas if isinstance(delta, BatchDelta)],
            next((delta for delta in deltas if isinstance(delta, TickDelta)), None),
            [document.path for document in found],
        )

    def put(self, delta: BatchDelta, now: datetime, time: int = 0) -> Put:
        """Return the write that leaves what a batch adds, for the n-th time."""
        fields = {
            "windows": delta.windows.to_bytes(),
            "digests": {str(span): packed for span, packed in delta.digests.items()},
            "outcomes": asdict(delta.outcomes),
            "batches": delta.batches,
            "marked_late": delta.marked_late,
        }
        return Put(self.path(delta.key, time), self._kept(fields, now), Existence.ABSENT)

    def put_tick(self, tick: TickDelta) -> Put:
        """Return the write that leaves a tick, in place of an earlier one."""
        fields = {"watermark_at": tick.watermark_at, "heard": sorted(tick.heard)}
        return Put(self.tick_path, self._kept(fields, tick.ticked_at))

    def delete(self, left: LeftDeltas) -> list[Delete]:
        """Return the writes that remove what has been folded, and what nobody can read."""
        return [Delete(path) for path in left.paths]

    def _kept(self, fields: Mapping[str, object], now: datetime) -> dict[str, object]:
        return {
            **fields,
            "service_id": self.service_id,
            "created_at": now,
            "expires_at": now + _KEEP,
        }

    def _readable(self, document: Document, now: datetime) -> BatchDelta | TickDelta | None:
        """Return a delta; one that cannot be read, or is nobody's, stops nobody.

        Whoever left it waits for its work to be done, and still has its entries.
        """
        try:
            if _age(document, now) > _FOLDED_WITHIN:
                return None
            return _tick(document) if document.path == self.tick_path else self._batch(document)
        except _DAMAGE:
            _log.exception("a delta that cannot be read is removed", path=document.path)
            return None

    def _batch(self, document: Document) -> BatchDelta:
        fields: Mapping[str, Any] = document.fields
        return BatchDelta(
            _key_in(document.path),
            ServiceState.from_bytes(self._service, fields["windows"]),
            {int(span): packed for span, packed in fields["digests"].items()},
            Outcomes(**fields["outcomes"]),
            fields["batches"],
            fields["marked_late"],
        )


def _key_in(path: str) -> str:
    """Return the key of a batch's delta: an id of ours has one hyphen, the time comes after it."""
    return "-".join(path.rsplit("/", 1)[1].split("-")[:2])


def _age(document: Document, now: datetime) -> timedelta:
    fields: Mapping[str, Any] = document.fields
    created_at: datetime = fields["created_at"]
    return now - created_at


def _tick(document: Document) -> TickDelta:
    fields: Mapping[str, Any] = document.fields
    watermark_at: datetime = fields["watermark_at"]
    ticked_at: datetime = fields["created_at"]
    heard = frozenset(fields["heard"])
    return TickDelta(watermark_at.astimezone(UTC), heard, ticked_at.astimezone(UTC))
