"""cleanup: what has expired is deleted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from vigil.ports import Clock, DeclaredQuery, Delete, Document, Documents
from vigil.stores.queries import ALERT_HISTORY, EXPIRED, PLATFORM_EXPIRED

_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many documents were deleted, and whether nothing that has expired is left."""

    deleted: int
    is_done: bool


class Cleanup:
    """Deletes what has expired, a few hundred documents a commit; after a crash it just goes on."""

    def __init__(self, *, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def run(self) -> int:
        """Delete all that has expired by now; return how many documents that were."""
        return sum(self._commits())

    def run_until(self, stop_at: datetime) -> Cleaned:
        """Delete as `run` does, but begin nothing after `stop_at`: the next run goes on there."""
        deleted = 0
        for count in self._commits():
            deleted += count
            if self._clock() >= stop_at:
                return Cleaned(deleted, is_done=False)
        return Cleaned(deleted, is_done=True)

    def _commits(self) -> Iterator[int]:
        """Yield how many documents each commit has deleted."""
        for query in (*EXPIRED.values(), PLATFORM_EXPIRED):
            yield from self._delete(query)

    def _delete(self, query: DeclaredQuery) -> Iterator[int]:
        now = self._clock()
        while found := self._documents.query(query, bound=now, limit=_AT_ONCE):
            gone = [*found, *self._histories(query, found)]
            self._documents.commit([Delete(document.path) for document in gone])
            yield len(gone)

    def _histories(self, query: DeclaredQuery, found: Iterable[Document]) -> Iterable[Document]:
        """Yield what lies below alerts: no query over all tenants reaches so deep."""
        if query.collection == "alerts":
            for alert in found:
                yield from self._documents.query(ALERT_HISTORY, parent=alert.path)
