"""Changes that entries tell of: deployments, configuration, revisions that begin to serve."""

from collections.abc import Mapping, Sequence

from vigil.detection.changes import changes_in
from vigil.detection.new_revisions import new_revisions, with_revisions
from vigil.errors import PreconditionFailed, TransientError
from vigil.logs.log_entry import LogEntry
from vigil.ports import Documents, Write
from vigil.stores.known_revisions import KnownRevisions
from vigil.stores.tenant_store import TenantStore

_RACES = 10
# Of so many tenants it is remembered which revisions they have; the others are asked for again.
TENANTS = 64


class NoticedChanges:
    """Writes down each change once, whoever comes upon it and however often."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: dict[str, Mapping[str, Mapping[str, int]]] = {}

    def take_in(self, store: TenantStore, entries: Sequence[LogEntry]) -> None:
        """Keep the changes that `entries` tell of.

        Raises TransientError if others wrote first each time.
        """
        told = changes_in(entries, store.tenant_id)
        known = self._known.get(store.root)
        if not told and known is not None and with_revisions(known, entries) is known:
            return
        for _ in range(_RACES):
            revisions = KnownRevisions(self._documents, store.root)
            stored = revisions.read()
            found = [*told, *new_revisions(stored.known, entries, store.tenant_id)]
            after = with_revisions(stored.known, entries)
            writes: list[Write] = [store.changes.put(each.change_id, each) for each in found]
            if after is not stored.known:
                writes.append(revisions.put(after, when=stored.unchanged))
            try:
                self._documents.commit(writes)
            except PreconditionFailed:
                continue
            return self._remember(store.root, after)
        raise TransientError("the revisions of a tenant were written by others each time")

    def _remember(self, root: str, known: Mapping[str, Mapping[str, int]]) -> None:
        self._known[root] = known
        if len(self._known) > TENANTS:
            self._known.pop(next(iter(self._known)), None)
