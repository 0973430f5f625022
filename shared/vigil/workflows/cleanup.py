"""cleanup: what has expired is deleted."""

from vigil.ports import Clock, DeclaredQuery, Delete, Documents
from vigil.stores.queries import EXPIRED, PLATFORM_EXPIRED

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
            self._documents.commit([Delete(document.path) for document in found])
            deleted += len(found)
        return deleted
