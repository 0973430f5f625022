"""The documents that a command is about: a project's on Google Cloud, or the data folder's."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest
from vigil.local.data_folder import DataFolder
from vigil.local.google_side import google_clients
from vigil.ports import Documents
from vigil.settings import Settings
from vigil.stores.queries import DECLARED


@dataclass(frozen=True, slots=True)
class OpenedDocuments:
    """Documents, and in words whose they are: whoever changes something has to see where."""

    documents: Documents
    place: str


@contextmanager
def opened_documents(
    settings: Settings, environ: Mapping[str, str], *, may_create: bool = False
) -> Iterator[OpenedDocuments]:
    """Open the documents of the settings' project, or the data folder's if none is set.

    Raises InvalidRequest for a folder in which nothing is, unless it `may_create` that, and
    InvalidSettings for what cannot be opened.
    """
    if settings.project:
        with google_clients():
            from vigil.doors.google_documents import (  # noqa: PLC0415 - `make run` installs no client of Google's
                documents_of,
            )

            documents = documents_of(settings, environ)
        with closing(documents):
            yield OpenedDocuments(documents, place_of(settings, environ))
        return
    folder = DataFolder(settings.data_dir)
    if may_create:
        folder.create()
    elif not folder.database.exists():
        raise InvalidRequest(_nothing_in(folder))
    with closing(SqliteDocuments(folder.database, DECLARED)) as documents_of_folder:
        yield OpenedDocuments(documents_of_folder, place_of(settings, environ))


def place_of(settings: Settings, environ: Mapping[str, str]) -> str:
    """Return in words where the settings say that everything is kept.

    >>> place_of(Settings(project="acme-prod"), {})
    'Firestore of the project acme-prod, database (default)'
    """
    if not settings.project:
        return f"the data folder {settings.data_dir.absolute()}"
    emulator = environ.get("FIRESTORE_EMULATOR_HOST")
    kind = f"Firestore's emulator at {emulator}, in" if emulator else "Firestore of"
    return f"{kind} the project {settings.project}, database {settings.database}"


def _nothing_in(folder: DataFolder) -> str:
    return (
        f"nothing is stored in {folder.path.absolute()}, so there is no tenant either: name the "
        "data folder of your Vigil in VIGIL_DATA_DIR, or its project on Google Cloud in "
        "VIGIL_PROJECT, or begin with `vigil tenants create`"
    )
