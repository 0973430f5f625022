"""The documents of a deployment on Google Cloud."""

from collections.abc import Mapping

from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.firestore_patience import Patience
from vigil.settings import Settings
from vigil.stores.queries import DECLARED


def documents_of(
    settings: Settings, environ: Mapping[str, str], *, patience: Patience | None = None
) -> FirestoreDocuments:
    """Return the project's documents: in Firestore, or in its emulator if one is named."""
    return FirestoreDocuments(
        settings.project or "",
        DECLARED,
        database_id=settings.database,
        emulator_host=environ.get("FIRESTORE_EMULATOR_HOST") or None,
        patience=patience,
    )
