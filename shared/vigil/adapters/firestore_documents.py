"""Documents in Firestore: the store of every deployment, and of the emulator."""

import time
from collections.abc import Collection, Mapping, Sequence

import grpc

from vigil.adapters.firestore_calls import FirestoreCalls, open_channel
from vigil.adapters.firestore_messages import BatchGetRequest, Database, Message
from vigil.adapters.firestore_patience import Patience
from vigil.adapters.firestore_queries import FirestoreQuery
from vigil.adapters.firestore_values import decode
from vigil.adapters.firestore_writes import (
    commit_request,
    has_precondition,
    may_be_repeated,
    version_of,
)
from vigil.errors import PermanentError, UndeclaredQuery
from vigil.ports import DeclaredQuery, Document, Write

COMMIT_LIMIT_BYTES = 10_485_760
# The emulator's gRPC server takes no larger message, and answers as if a quota were used up.
EMULATOR_COMMIT_LIMIT_BYTES = 4_194_304
_UNDER_WAY_SECONDS = 0.005


class FirestoreDocuments:
    """The Documents port on one Firestore database, for any number of threads and processes.

    A version is the exact update time of the document, and stays as it is where a write changed
    nothing. Nothing is ever locked while something is computed: a commit is one call, conditional
    on the versions that were read (docs/decisions/0005).

    A lost answer to a commit is hidden by sending it again where that can do no harm. If the commit
    had been made, its own conditions no longer hold: PreconditionFailed then says that somebody was
    first, and that somebody may have been ourselves. So whoever commits work puts a ledger key in
    the same commit, and looks for it after every failure before doing the work again.
    """

    def __init__(  # noqa: PLR0913 - one line of an address each, and all but two have defaults
        self,
        project_id: str,
        queries: Collection[DeclaredQuery],
        *,
        database_id: str = "(default)",
        emulator_host: str | None = None,
        channel: grpc.Channel | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Take the place of the documents and the table of declared `queries`.

        Uses `channel`, which stays open at the end, or else opens one: to the emulator at
        `emulator_host`, or to Google with the application default credentials.
        """
        self._database = Database(project_id, database_id, bool(emulator_host))
        self._queries = {query: FirestoreQuery.of(query, self._database) for query in queries}
        self._limit = EMULATOR_COMMIT_LIMIT_BYTES if emulator_host else COMMIT_LIMIT_BYTES
        self._is_emulator = bool(emulator_host)
        self._owns_channel = channel is None
        self._channel = channel or open_channel(emulator_host)
        self._calls = FirestoreCalls(self._channel, self._database, patience or Patience())

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        """Return the documents at `paths`, in that order, None where there is none."""
        names = [self._database.document(path) for path in paths]
        if not names:
            return []
        request = BatchGetRequest(database=self._database.name, documents=dict.fromkeys(names))
        answers = self._calls.batch_get(request)
        if self._is_emulator and len(names) > 1:
            # It shows commits half done, also to read-only transactions: one in fifty under load.
            # As of an instant that has passed it does not, once what was under way then is done.
            time.sleep(_UNDER_WAY_SECONDS)
            request.read_time.CopyFrom(answers[0].read_time)
            answers = self._calls.batch_get(request)
        found = {each.found.name: self._document(each.found) for each in answers if each.found.name}
        return [found.get(name) for name in names]

    def commit(self, writes: Sequence[Write]) -> None:
        """Make all `writes`, in their order, or none.

        Raises PreconditionFailed if a precondition does not hold; PermanentError for a write that
        no store would take, and for more than can be sent at once; TransientError if Firestore is
        in trouble for longer than our patience.
        """
        if not writes:
            return
        request = commit_request(self._database, writes)
        size = request.ByteSize()
        if size > self._limit:
            raise PermanentError(f"a commit of {size} bytes; {self._limit} are the most")
        self._calls.commit(
            request,
            is_conditional=has_precondition(writes),
            may_be_repeated=may_be_repeated(writes),
        )

    def query(
        self,
        query: DeclaredQuery,
        *,
        parent: str = "",
        equal: Mapping[str, object] | None = None,
        bound: object = None,
        limit: int | None = None,
    ) -> list[Document]:
        """Return the documents of a declared query, at most `limit`, as the port promises.

        A document without the field that orders the query is not returned; a range only finds
        values of the kind of its `bound`.
        """
        if query not in self._queries:
            raise UndeclaredQuery(f"{query.name} is not in the table of declared queries")
        asked = self._queries[query]
        request = asked.request(parent, equal or {}, bound, limit)
        return [self._document(each) for each in self._found(asked, request, limit)[:limit]]

    def close(self) -> None:
        """Close the channel, if it is our own; nothing can be asked of it afterwards."""
        if self._owns_channel:
            self._channel.close()

    def _found(self, asked: FirestoreQuery, request: Message, limit: int | None) -> list[Message]:
        """Return, in order, at least `limit` of the documents that are asked for, or all."""
        found: list[Message] = []
        while True:
            page = [each.document for each in self._calls.run_query(request) if each.document.name]
            found += [document for document in page if asked.covers(document)]
            is_last = limit is None or len(page) < request.structured_query.limit.value
            if is_last or asked.are_enough(found, limit):
                return asked.in_order(found)
            request = asked.request_after(request, page[-1])

    def _document(self, message: Message) -> Document:
        path = self._database.path(message.name)
        return Document(path, decode(message.fields), version_of(message.update_time))
