"""Firestore's messages as the protobuf library makes them, and the names of documents.

The client library wraps each message in a Python object; without the wrapping a commit takes a
third less of a core, and every message that we send or read is made in a few lines anyway.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from google.cloud.firestore_v1 import types

from vigil.adapters.document_limits import split_path

# Without it the emulator asks its security rules about each write, which takes it twice the time.
_OWNER = ("authorization", "Bearer owner")
# A message of a class that is made at run time, so no checker knows its fields.
Message = Any

BatchGetRequest: Message = types.BatchGetDocumentsRequest.pb()
BatchGetResponse: Message = types.BatchGetDocumentsResponse.pb()
CommitRequest: Message = types.CommitRequest.pb()
CommitResponse: Message = types.CommitResponse.pb()
RunQueryRequest: Message = types.RunQueryRequest.pb()
RunQueryResponse: Message = types.RunQueryResponse.pb()
StructuredQuery: Message = types.StructuredQuery.pb()


@dataclass(frozen=True, slots=True)
class Database:
    """A Firestore database, and what its documents are called in messages."""

    project_id: str
    database_id: str = "(default)"
    is_emulated: bool = False

    @property
    def name(self) -> str:
        """The name of the database."""
        return f"projects/{self.project_id}/databases/{self.database_id}"

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with each call: what Google routes it by, and the emulator's own credential."""
        routed = f"database={quote(self.name, safe='')}"
        routing = ("google-cloud-resource-prefix", self.name), ("x-goog-request-params", routed)
        return (*routing, _OWNER) if self.is_emulated else routing

    def document(self, path: str) -> str:
        """Return the name of a document; raise PermanentError for a path that names none."""
        split_path(path)
        return f"{self.name}/documents/{path}"

    def parent(self, path: str) -> str:
        """Return the name of what lies above a collection, "" for the top."""
        return self.document(path) if path else f"{self.name}/documents"

    def path(self, name: str) -> str:
        """Return the path of the document of that name."""
        return name.removeprefix(f"{self.name}/documents/")
