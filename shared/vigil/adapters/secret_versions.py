"""One version of a secret, asked of Secret Manager: bounded in time, in size and in retries."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vigil.adapters.crc32c import crc32c
from vigil.errors import InvalidSettings, TransientError

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

# Secret Manager's own limit.
LIMIT_BYTES = 64 * 1024


class _Damaged(TransientError):
    """What came is not what was sent."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one read may take in all, one attempt of it, and the pauses between attempts.

    All of it is well within the lease of a notification, whose channel has to be told afterwards.
    """

    deadline_seconds: float = 6.0
    attempt_seconds: float = 3.0
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 1.0


def connect() -> "SecretManagerServiceClient":
    """Return a client with the credentials of where this runs; InvalidSettings if there are none.

    The library is imported here, so that only who reads a secret waits for it.
    """
    from google.auth.exceptions import (  # noqa: PLC0415 - see above
        DefaultCredentialsError,
    )
    from google.cloud.secretmanager_v1 import (  # noqa: PLC0415 - see above
        SecretManagerServiceClient,
    )

    try:
        return SecretManagerServiceClient()
    except DefaultCredentialsError as error:
        raise InvalidSettings(
            "Secret Manager needs Google's credentials and there are none here: "
            "`gcloud auth application-default login` makes them"
        ) from error


def access_version(client: "SecretManagerServiceClient", version: str, patience: Patience) -> str:
    """Return the text of `version`, a full resource name.

    Raises InvalidSettings with what to do where asking again cannot help, TransientError where it
    may; neither holds anything of the secret.
    """
    content = _content(client, version, patience)
    if len(content) > LIMIT_BYTES:
        raise InvalidSettings(f"{version} is larger than {LIMIT_BYTES} bytes: it is no such secret")
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        # Not chained: that error holds the bytes.
        text = ""
    if not text:
        raise InvalidSettings(f"{version} is empty or not text: add a version that is right")
    return text


def _content(client: "SecretManagerServiceClient", version: str, patience: Patience) -> bytes:
    from google.api_core import exceptions  # noqa: PLC0415 - loaded with the client
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - loaded with the client

    advice = {
        exceptions.NotFound: "there is none: create it, or correct the name",
        exceptions.PermissionDenied: "may not be read: give this function's service account "
        "roles/secretmanager.secretAccessor on it",
        exceptions.Unauthenticated: "may not be read without Google's credentials",
        exceptions.FailedPrecondition: "is disabled or destroyed: enable it, or add a new version",
        exceptions.InvalidArgument: "is no name that Secret Manager takes: correct it",
    }
    try:
        return _attempts(client, version, patience)
    except tuple(advice) as error:
        raise InvalidSettings(f"secret:{version}: {advice[type(error)]}") from error
    except (exceptions.GoogleAPIError, GoogleAuthError) as error:
        raise TransientError(
            f"secret:{version} cannot be read now: {type(error).__name__}"
        ) from error


def _attempts(client: "SecretManagerServiceClient", version: str, patience: Patience) -> bytes:
    from google.api_core import exceptions, retry  # noqa: PLC0415 - loaded with the client

    attempts = retry.Retry(
        retry.if_exception_type(
            exceptions.ServiceUnavailable,
            exceptions.DeadlineExceeded,
            _Damaged,
        ),
        initial=patience.first_pause_seconds,
        maximum=patience.longest_pause_seconds,
        timeout=patience.deadline_seconds,
    )

    def attempt() -> bytes:
        # The client's own retries would multiply with these.
        answer = client.access_secret_version(
            name=version, retry=None, timeout=patience.attempt_seconds
        )
        return _checked(answer.payload)

    return attempts(attempt)()


def _checked(payload: Any) -> bytes:
    """Return what came, if it is what was sent."""
    content: bytes = payload.data
    if "data_crc32c" in payload and payload.data_crc32c != crc32c(content):
        raise _Damaged("the checksum of a secret is not that of what came")
    return content
