"""A collection of one kind of noun, below one parent document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from vigil.model.identity import checked_id
from vigil.ports import (
    DeclaredQuery,
    Delete,
    Document,
    Documents,
    OfVersion,
    Precondition,
    Put,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A noun as it was read, and how to say "if it is still as I read it"."""

    value: T
    version: str

    @property
    def unchanged(self) -> OfVersion:
        """The precondition that nobody has written it since."""
        return OfVersion(self.version)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _plain(value: object) -> object:
    """Return `value` in the types that a document holds."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


class Collection(Generic[T]):
    """The documents `{parent}/{name}/{id}`, each of which holds one `kind` of noun.

    It makes writes and leaves committing to its caller, who puts together what belongs together.
    `expires_at` says of a noun when it may be forgotten. `parent` is "" for a collection at the
    top. Ids are checked before a path is built, so an id cannot leave the collection.
    """

    def __init__(
        self,
        documents: Documents,
        parent: str,
        name: str,
        kind: type[T],
        expires_at: Callable[[T], datetime] | None = None,
    ) -> None:
        self._documents = documents
        self._expires_at = expires_at
        self._parent = parent
        self._name = name
        self._adapter: TypeAdapter[T] = _adapter(kind)  # type: ignore[arg-type] # classes hash

    def path(self, document_id: str) -> str:
        """Return a document's path; raise InvalidRequest for an id that none can have."""
        prefix = f"{self._parent}/" if self._parent else ""
        return f"{prefix}{self._name}/{checked_id(document_id)}"

    def get(self, document_id: str) -> Stored[T] | None:
        """Return what is stored under the id, or None."""
        return self.get_all([document_id])[0]

    def get_all(self, document_ids: Sequence[str]) -> list[Stored[T] | None]:
        """Return what is stored under each id, None where there is nothing."""
        found = self._documents.get([self.path(document_id) for document_id in document_ids])
        return [self.read(document) if document else None for document in found]

    def read(self, document: Document) -> Stored[T]:
        """Return the noun that a document of this collection holds."""
        return Stored(self._adapter.validate_python(document.fields), document.version)

    def put(self, document_id: str, value: T, *, when: Precondition = None) -> Put:
        """Return the write that stores `value`."""
        fields = {name: _plain(item) for name, item in self._adapter.dump_python(value).items()}
        if self._expires_at is not None:
            fields["expires_at"] = self._expires_at(value)
        return Put(self.path(document_id), fields, when)

    def delete(self, document_id: str, *, when: Precondition = None) -> Delete:
        """Return the write that removes a document."""
        return Delete(self.path(document_id), when)

    def query(
        self,
        query: DeclaredQuery,
        *,
        equal: Mapping[str, object] | None = None,
        bound: object = None,
        limit: int | None = None,
    ) -> list[Stored[T]]:
        """Return what a declared query finds in this collection."""
        found = self._documents.query(
            query, parent=self._parent, equal=equal, bound=bound, limit=limit
        )
        return [self.read(document) for document in found]
