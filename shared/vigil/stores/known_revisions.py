"""The revisions by which the services of a tenant serve, in one document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.ports import Documents, Existence, OfVersion, Precondition, Put
from vigil.telemetry import logger

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredRevisions:
    """What is known, by service and revision when it was seen last, in seconds since 1970.

    `unchanged` is the precondition that nobody has written it since.
    """

    known: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unchanged: Precondition = Existence.ABSENT


class KnownRevisions:
    """Reads and writes the revisions of the tenant below `root`."""

    def __init__(self, documents: Documents, root: str) -> None:
        self._documents = documents
        self._path = f"{root}/graphs/revisions"

    def read(self) -> StoredRevisions:
        """Return what is known; what cannot be read is logged and learned anew."""
        (document,) = self._documents.get([self._path])
        if document is None:
            return StoredRevisions()
        packed, unchanged = document.fields.get("revisions"), OfVersion(document.version)
        try:
            return StoredRevisions(
                json.loads(packed if isinstance(packed, bytes) else b""), unchanged
            )
        except ValueError:
            _log.exception("the known revisions are learned anew", path=self._path)
            return StoredRevisions({}, unchanged)

    def put(self, known: Mapping[str, Mapping[str, int]], *, when: Precondition) -> Put:
        """Return the write that keeps what is known."""
        return Put(self._path, {"revisions": json.dumps(known).encode()}, when)
