"""The calls of Firestore that Vigil makes, and what their failures mean."""

from collections.abc import Callable
from functools import partial

import grpc
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from vigil.adapters.firestore_messages import (
    BatchGetRequest,
    BatchGetResponse,
    CommitRequest,
    CommitResponse,
    Database,
    Message,
    RunQueryRequest,
    RunQueryResponse,
)
from vigil.adapters.firestore_patience import Patience
from vigil.errors import (
    PermanentError,
    PreconditionFailed,
    TransientError,
    UndeclaredQuery,
    VigilError,
)

_SERVICE = "/google.firestore.v1.Firestore"
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Attempts are counted in firestore_patience, all of them.
    ("grpc.enable_retries", 0),
    # Who asks also reads the answers; handing them over between threads takes twice the CPU.
    (grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1),
)
_LOST_RACES = {grpc.StatusCode.ABORTED, grpc.StatusCode.RESOURCE_EXHAUSTED}
# The call may have done what it was to do, and only the answer was lost.
_NOBODY_KNOWS = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
}
_CONDITIONS = {
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
}
_REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
}

# What only a person can mend, in words for whoever reads our log or has called a command.
_BY_HAND = {
    grpc.StatusCode.NOT_FOUND: "there is no such database in this project",
    grpc.StatusCode.PERMISSION_DENIED: "grant roles/datastore.user to the account that asks",
    grpc.StatusCode.UNAUTHENTICATED: "the credentials are no longer, or not, those of an account",
}


def open_channel(emulator_host: str | None = None) -> grpc.Channel:
    """Return a channel to Firestore, with the application default credentials.

    With `emulator_host`, as "127.0.0.1:8085", it is one to an emulator and needs none.
    """
    if emulator_host:
        return grpc.insecure_channel(emulator_host, options=_OPTIONS)
    channel: grpc.Channel = FirestoreGrpcTransport.create_channel(options=_OPTIONS)
    return channel


class FirestoreCalls:
    """Three calls of one database, on a channel that several threads share.

    What trying again cannot mend raises PermanentError; what did not go well within the patience,
    or needs somebody's hand (a permission, a database), raises TransientError.
    """

    def __init__(self, channel: grpc.Channel, database: Database, patience: Patience) -> None:
        self._patience = patience
        self._metadata = database.metadata
        self._commit = channel.unary_unary(
            f"{_SERVICE}/Commit", CommitRequest.SerializeToString, CommitResponse.FromString
        )
        self._batch_get = channel.unary_stream(
            f"{_SERVICE}/BatchGetDocuments",
            BatchGetRequest.SerializeToString,
            BatchGetResponse.FromString,
        )
        self._run_query = channel.unary_stream(
            f"{_SERVICE}/RunQuery", RunQueryRequest.SerializeToString, RunQueryResponse.FromString
        )

    def commit(self, request: Message, *, is_conditional: bool, may_be_repeated: bool) -> None:
        """Make the writes of `request`.

        If it `is_conditional`, raises PreconditionFailed where a condition does not hold. Unless it
        `may_be_repeated`, an attempt is the last if nobody knows how it ended.
        """
        self._patience.persist(
            lambda seconds: self._commit(request, timeout=seconds, metadata=self._metadata),
            partial(_commit_error, is_conditional, may_be_repeated),
        )

    def batch_get(self, request: Message) -> list[Message]:
        """Return the answers to a BatchGetDocumentsRequest."""
        return self._read(self._batch_get, request, _read_error)

    def run_query(self, request: Message) -> list[Message]:
        """Return the answers to a RunQueryRequest; UndeclaredQuery if no index serves it."""
        return self._read(self._run_query, request, _query_error)

    def _read(
        self,
        call: Callable[..., Message],
        request: Message,
        error_for: Callable[[grpc.StatusCode], VigilError | None],
    ) -> list[Message]:
        return self._patience.persist(
            lambda seconds: list(call(request, timeout=seconds, metadata=self._metadata)), error_for
        )


def _commit_error(
    is_conditional: bool, may_be_repeated: bool, code: grpc.StatusCode
) -> VigilError | None:
    if is_conditional and code in _CONDITIONS:
        return PreconditionFailed("a document was written by somebody else")
    if code in _NOBODY_KNOWS and not may_be_repeated:
        return TransientError(f"Firestore answered {code.name}; counters may have been added to")
    return _read_error(code)


def _query_error(code: grpc.StatusCode) -> VigilError | None:
    if code is grpc.StatusCode.FAILED_PRECONDITION:
        return UndeclaredQuery("no index serves this query; it is missing or still being built")
    return _read_error(code)


def _read_error(code: grpc.StatusCode) -> VigilError | None:
    if code in _LOST_RACES | _NOBODY_KNOWS:
        return None
    if code in _REFUSALS:
        return PermanentError(f"Firestore refuses this for good: {code.name}")
    reason = f"{code.name}, {_BY_HAND[code]}" if code in _BY_HAND else code.name
    return TransientError(f"Firestore did not do this: {reason}")
