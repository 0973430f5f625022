"""What `vigil up --emulators` needs beyond what `vigil up` does."""

from importlib.util import find_spec

from vigil.errors import VigilError
from vigil.local.emulators import missing_for_emulators

# One of each package that functions import and the embedded Vigil does not.
_LIBRARIES = {
    "functions_framework": "functions-framework",
    "google.cloud.firestore_v1": "google-cloud-firestore",
    "google.pubsub_v1": "google-cloud-pubsub",
    "google.cloud.secretmanager_v1": "google-cloud-secret-manager",
    "uvloop": "uvloop",
}


class CannotEmulate(VigilError):
    """Something that the emulators or the functions need is missing; the text says what to do."""


def missing_libraries() -> str | None:
    """Return which libraries are missing and what brings them, None if none is."""
    absent = [name for module, name in _LIBRARIES.items() if not _is_there(module)]
    if not absent:
        return None
    return f"{', '.join(absent)}: not installed; `make emulators` installs all of them and starts"


def require_all() -> None:
    """Return if nothing is missing; raise CannotEmulate, naming all that is."""
    missing = [each for each in (missing_libraries(), missing_for_emulators()) if each]
    if missing:
        lines = [f"  {each}" for each in missing]
        raise CannotEmulate("\n".join(["--emulators cannot work here:", *lines]))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        # Not even the package around it.
        return False
