"""What the commands need to act on Google Cloud, and what to do when it is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from vigil.errors import InvalidSettings


@contextmanager
def google_clients() -> Iterator[None]:
    """Import Google's clients in this block, and make them.

    Raises InvalidSettings, saying what to do, if they are not installed or nobody has logged in.
    """
    try:
        yield
    except ImportError as error:
        raise InvalidSettings(
            "VIGIL_PROJECT is set, and Google's clients are not installed: "
            "`pip install -r requirements/emulators.txt`, or unset it"
        ) from error
    except Exception as error:
        if not _is_about_credentials(error):
            raise
        raise InvalidSettings(
            "VIGIL_PROJECT is set, and there are no credentials of Google Cloud here: "
            "`gcloud auth application-default login`, or unset it"
        ) from error


def _is_about_credentials(error: Exception) -> bool:
    from google.auth.exceptions import (  # noqa: PLC0415 - it is installed if anything of Google's is
        GoogleAuthError,
    )

    return isinstance(error, GoogleAuthError)
