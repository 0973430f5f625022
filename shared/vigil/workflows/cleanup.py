"""cleanup: what has expired is deleted."""

from collections.abc import Iterable

from vigil.ports import Clock, DeclaredQuery, Delete, Document, Documents
from vigil.stores.queries import ALERT_HISTORY, EXPIRED, PLATFORM_EXPIRED

_AT_ONCE = 400


class Cleanup:
    """Deletes what has expired, a few hundred documents a commit; after a crash it just goes on."""

    def __init__(self, *, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def run(self) -> int:
        """Delete all that has expired by now; return how many documents that were."""
        return sum(self._delete(query) for query in (*EXPIRED.values(), PLATFORM_EXPIRED))

    def _delete(self, query: DeclaredQuery) -> int:
        now, deleted = self._clock(), 0
        while found := self._documents.query(query, bound=now, limit=_AT_ONCE):
            gone = [*found, *self._histories(query, found)]
            self._documents.commit([Delete(document.path) for document in gone])
            deleted += len(gone)
        return deleted

    def _histories(self, query: DeclaredQuery, found: Iterable[Document]) -> Iterable[Document]:
        """Yield what lies below alerts: no query over all tenants reaches so deep."""
        if query.collection == "alerts":
            for alert in found:
                yield from self._documents.query(ALERT_HISTORY, parent=alert.path)
