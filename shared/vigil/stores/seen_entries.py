"""Which entries of a service have been seen."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from vigil.errors import PermanentError
from vigil.logs.log_entry import LogEntry
from vigil.model.identity import content_id
from vigil.ports import Document, Documents, Put

SEEN_HORIZON = timedelta(minutes=30)
_SEEN_SECONDS = 10
_DIGEST_BYTES = 8
# A document of 200 kB; a service that logs more than 2,500 entries a second has several a span.
_DIGESTS = 25_000

# Digests of eight bytes, joined, by span.
Digests = Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class _Read:
    """What one document holds; the first of a span says how many `parts` there are."""

    digests: set[bytes]
    parts: int = 1
    expires_at: datetime | None = None


@dataclass(slots=True)
class _Span:
    """What has been seen in one span, a set for each document that holds a part of it.

    `kept_until` is when the first of them may be forgotten, None if there is none yet.
    """

    parts: list[set[bytes]]
    kept_until: datetime | None = None
    touched: set[int] = field(default_factory=set)

    def __contains__(self, digest: bytes) -> bool:
        # A loop, since it is gone through for every entry and a generator costs twice as much.
        for part in self.parts:  # noqa: SIM110 - see above
            if digest in part:
                return True
        return False

    def add(self, digest: bytes) -> None:
        if len(self.parts[-1]) >= _DIGESTS:
            self.parts.append(set())
            # The first document says how many there are.
            self.touched.add(0)
        self.parts[-1].add(digest)
        self.touched.add(len(self.parts) - 1)

    def writes(self, path: Callable[[int], str], now: datetime) -> Iterator[Put]:
        """Yield the writes of the documents that change; `path` gives where each lies."""
        until = now + SEEN_HORIZON
        # Without the first document none of the others is found, so it outlives them. Twice as
        # long, and it is written anew once in a horizon and not with each of them.
        first_until = until if len(self.parts) == 1 else until + SEEN_HORIZON
        if self.touched and self.kept_until is not None and self.kept_until < until:
            self.touched.add(0)
        for part in sorted(self.touched):
            yield Put(
                path(part),
                {
                    # In order, so that it does not depend on the order in which entries came.
                    "digests": b"".join(sorted(self.parts[part])),
                    "parts": len(self.parts),
                    "expires_at": until if part else first_until,
                },
            )


class SeenEntries:
    """Which entries of a service have been seen, by ten seconds of event time.

    A redelivered entry has the event time that it had before, so only the spans that a batch
    touches are read. Their documents have no precondition of their own: they are written together
    with the service's state, whose precondition holds for all.
    """

    def __init__(self, documents: Documents, root: str, service: str) -> None:
        self._documents = documents
        self._prefix = f"{root}/seen/{content_id('service', service)}"
        self._spans: dict[int, _Span] = {}

    def paths(self, spans: Iterable[int]) -> list[str]:
        """Return where the first document of each span lies."""
        return [self._path(span, 0) for span in spans]

    def learn(self, spans: Sequence[int], documents: Sequence[Document | None]) -> None:
        """Take in what has been seen in `spans`; `documents` are those at their paths."""
        further: list[tuple[int, int]] = []
        for span, document in zip(spans, documents, strict=True):
            first = _read(document)
            self._spans[span] = _Span([first.digests], first.expires_at)
            further += [(span, part) for part in range(1, first.parts)]
        if further:
            found = self._documents.get([self._path(*place) for place in further])
            for (span, _), document in zip(further, found, strict=True):
                self._spans[span].parts.append(_read(document).digests)

    def learn_missing(self, spans: Iterable[int]) -> None:
        """Read those of `spans` that have not been taken in."""
        missing = sorted({span for span in spans if span not in self._spans})
        if missing:
            self.learn(missing, self._documents.get(self.paths(missing)))

    def sort_out(self, entries: Iterable[LogEntry]) -> list[LogEntry]:
        """Return the entries not seen before, each once; they have been seen from now on."""
        fresh: list[LogEntry] = []
        for entry in entries:
            span, digest = self._spans[span_of(entry)], bytes.fromhex(entry.digest)
            if digest not in span:
                span.add(digest)
                fresh.append(entry)
        return fresh

    def add(self, digests: Digests) -> bool:
        """Take in digests of which none has been seen; else change nothing and return False."""
        every = [(self._spans[span], digest) for span in digests for digest in _cut(digests[span])]
        if any(digest in span for span, digest in every):
            return False
        for span, digest in every:
            span.add(digest)
        return True

    def writes(self, now: datetime) -> list[Put]:
        """Return the writes that remember, for the horizon, what has been added."""
        return [
            write
            for number, span in sorted(self._spans.items())
            for write in span.writes(partial(self._path, number), now)
        ]

    def _path(self, span: int, part: int) -> str:
        return f"{self._prefix}-{span}-{part}" if part else f"{self._prefix}-{span}"


def span_of(entry: LogEntry) -> int:
    """Return the span of event time in which an entry lies."""
    return int(entry.occurred_at.timestamp()) // _SEEN_SECONDS


def digests_of(entries: Iterable[LogEntry]) -> dict[int, bytes]:
    """Return the digests of `entries`."""
    found: dict[int, bytearray] = {}
    for entry in entries:
        found.setdefault(span_of(entry), bytearray()).extend(bytes.fromhex(entry.digest))
    return {span: bytes(digests) for span, digests in found.items()}


def _read(document: Document | None) -> _Read:
    """Return what lies in a document; raise PermanentError if that is nothing of ours."""
    if document is None:
        return _Read(set())
    match document.fields:
        case {"digests": bytes(digests), "parts": int(parts), "expires_at": datetime() as until}:
            return _Read(set(_cut(digests)), parts, until)
        case _:
            raise PermanentError("what was seen of a service cannot be read")


def _cut(packed: bytes) -> Iterator[bytes]:
    return (packed[i : i + _DIGEST_BYTES] for i in range(0, len(packed), _DIGEST_BYTES))
