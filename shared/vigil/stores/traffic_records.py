"""What traces and requests showed, slice by slice of time, and what is usual of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from vigil.errors import PermanentError
from vigil.model.observed import Observed
from vigil.model.request_traffic import Traffic
from vigil.model.trace_profile import TraceProfile
from vigil.ports import Delete, Document, Documents, Existence, OfVersion, Precondition, Put, Write
from vigil.stores.queries import TRAFFIC_SINCE
from vigil.telemetry import logger

# An incident is looked into when it opens and while it grows; later, what it found is kept. What is
# usual is learned from slices of the last fifteen windows, and ticks may fail to come for a while.
_KEEP = timedelta(hours=6)
_KEEP_WINDOWS = 30
_SLICES_A_WINDOW = 4
# What reading a document raises that another version of ours wrote, or nobody of ours.
_DAMAGE = (PermanentError, LookupError, TypeError, ValueError, AttributeError)
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredSlice:
    """What was seen in one slice of time, as it is stored: in parts, until somebody folds them.

    `fresh` is what the parts hold that are not folded yet, `folded` the rest.
    """

    at: datetime
    fresh: Observed
    folded: Observed
    parts: Sequence[Document]
    whole: Document | None = None

    @property
    def observed(self) -> Observed:
        """All that was seen in it."""
        return Observed.all_of([self.folded, self.fresh])

    @property
    def documents(self) -> int:
        """In how many documents it lies."""
        return len(self.parts) + (self.whole is not None)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usually seen, of every slice that began before `until` and was healthy."""

    until: datetime | None = None
    observed: Observed = field(default_factory=Observed)
    unchanged: Precondition = Existence.ABSENT


class TrafficRecords:
    """The slices of the tenant below `root`, and what is usual of them.

    Each batch leaves its part of a slice under its own name, once: the commit of one that has come
    to another process already raises PreconditionFailed. Once the slice is folded it would count
    twice; it is a sample, and its shares hardly move.
    """

    def __init__(self, documents: Documents, root: str, *, window_seconds: int) -> None:
        self._documents = documents
        self._root = root
        self._keep = max(_KEEP, _KEEP_WINDOWS * timedelta(seconds=window_seconds))

    def put(self, at: datetime, batch_id: str, observed: Observed) -> Put:
        """Return the write that leaves what a batch has seen of the slice that began `at`."""
        return self._put(f"{_slice_id(at)}-{batch_id}", at, observed, Existence.ABSENT)

    def since(self, at: datetime, limit: int) -> list[StoredSlice]:
        """Return the slices that began at `at` or later, of at most `limit` documents."""
        found = self._documents.query(TRAFFIC_SINCE, parent=self._root, bound=at, limit=limit)
        slices: defaultdict[datetime, list[Document]] = defaultdict(list)
        for document in found:
            slices[_instant_in(document, "at")].append(document)
        return [self._slice(*each) for each in sorted(slices.items())]

    def fold(self, stored: StoredSlice) -> list[Write]:
        """Return the writes that put a slice into one document, if it is as it was read."""
        when = OfVersion(stored.whole.version) if stored.whole else Existence.ABSENT
        put = self._put(_slice_id(stored.at), stored.at, stored.observed, when)
        gone = [Delete(part.path, when=OfVersion(part.version)) for part in stored.parts]
        return [put, *gone]

    def usual(self) -> Usual:
        """Return what is usual, nothing before anything was learned."""
        (document,) = self._documents.get([self._usual_path])
        if document is None:
            return Usual()
        observed = Observed.all_of(_readable([document]))
        return Usual(_instant_in(document, "until"), observed, OfVersion(document.version))

    def put_usual(self, usual: Usual) -> Put:
        """Return the write that keeps what is usual."""
        fields = {"until": usual.until, **_packed(usual.observed)}
        return Put(self._usual_path, fields, usual.unchanged)

    def _slice(self, at: datetime, found: Sequence[Document]) -> StoredSlice:
        whole = next((d for d in found if d.path == self._path(_slice_id(at))), None)
        parts = [document for document in found if document is not whole]
        folded = Observed.all_of(_readable([whole] if whole else []))
        return StoredSlice(at, Observed.all_of(_readable(parts)), folded, parts, whole)

    def _put(self, name: str, at: datetime, observed: Observed, when: Precondition) -> Put:
        fields = {"at": at, "expires_at": at + self._keep, **_packed(observed)}
        return Put(self._path(name), fields, when)

    def _path(self, name: str) -> str:
        return f"{self._root}/traffic/{name}"

    @property
    def _usual_path(self) -> str:
        return f"{self._root}/graphs/usual"


def slice_seconds(window_seconds: int) -> int:
    """Return how long a slice is: a quarter of a window, so that an onset is cut sharply.

    >>> slice_seconds(60), slice_seconds(1)
    (15, 1)
    """
    return max(window_seconds // _SLICES_A_WINDOW, 1)


def _slice_id(at: datetime) -> str:
    return str(int(at.timestamp()))


def _packed(observed: Observed) -> dict[str, object]:
    return {"profile": observed.profile.to_bytes(), "traffic": observed.traffic.to_bytes()}


def _readable(documents: Iterable[Document]) -> list[Observed]:
    """Return what the documents hold; one that cannot be read is logged and holds nothing."""
    found: list[Observed] = []
    for document in documents:
        fields: Mapping[str, Any] = document.fields
        try:
            profile = TraceProfile.from_bytes(fields["profile"])
            found.append(Observed(profile, Traffic.from_bytes(fields["traffic"])))
        except _DAMAGE:
            _log.exception("what was seen of services cannot be read", path=document.path)
    return found


def _instant_in(document: Document, name: str) -> datetime:
    fields: Mapping[str, Any] = document.fields
    at: datetime = fields[name]
    return at.astimezone(UTC)
