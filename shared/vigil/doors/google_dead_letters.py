"""The dead letters of a deployment on Google Cloud."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from vigil.adapters.pubsub_dead_letters import PubsubDeadLetters
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.doors.clock import utc_now
from vigil.doors.google_documents import documents_of
from vigil.ports import DeadLetters, Documents
from vigil.settings import Settings


@contextmanager
def google_dead_letters(
    settings: Settings, environ: Mapping[str, str]
) -> Iterator[tuple[DeadLetters, Documents]]:
    """Open the project's dead letters and documents, or those of emulators, for the block."""
    project = settings.project or ""
    emulator_host = environ.get("PUBSUB_EMULATOR_HOST") or None
    with (
        closing(PubsubPublisher(project, emulator_host=emulator_host)) as publisher,
        closing(
            PubsubDeadLetters(project, publisher, utc_now, emulator_host=emulator_host)
        ) as dead,
        closing(documents_of(settings, environ)) as documents,
    ):
        yield dead, documents
