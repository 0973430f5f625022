"""Reading a store in a test."""

from vigil.ports import Document, Documents

PATH = "tenants/acme/incidents/i1"
OTHER = "tenants/acme/incidents/i2"


def read(documents: Documents, path: str = PATH) -> Document:
    """Return a document that is there."""
    [document] = documents.get([path])
    assert document is not None
    return document


def fields(documents: Documents, path: str = PATH) -> dict[str, object] | None:
    """Return a document's fields, None if it is not there."""
    [document] = documents.get([path])
    return None if document is None else dict(document.fields)
