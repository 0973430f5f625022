"""Calls of Google Cloud's configuration: bounded in time, retried in one place, errors sorted."""

from collections.abc import Callable
from typing import Any, TypeVar

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError

from vigil.errors import CloudRefused, TransientError

T = TypeVar("T")
Errors = tuple[type[exceptions.GoogleAPICallError], ...]
_PASSING = (
    exceptions.Cancelled,
    exceptions.Conflict,
    exceptions.TooManyRequests,
    exceptions.Unauthenticated,
)


class CloudCalls:
    """Makes calls of Google's clients on behalf of `credentials`.

    A call ends within `timeout_seconds`, its repetitions counted in, and is repeated only where the
    server was not there, had trouble, or did not answer in time. So each call has to be one that
    may be made twice.
    """

    def __init__(
        self,
        credentials: object,
        *,
        timeout_seconds: float = 15.0,
        somebody: str = "the account that Vigil runs as",
    ) -> None:
        """Take the credentials, which know the account to name where a permission is missing.

        `somebody` is whose they are where they do not know.
        """
        self._credentials = credentials
        self._somebody = somebody
        self._timeout = timeout_seconds
        self._retry = Retry(
            predicate=if_exception_type(
                exceptions.ServiceUnavailable,
                exceptions.InternalServerError,
                exceptions.DeadlineExceeded,
            ),
            initial=0.1,
            maximum=2.0,
            timeout=timeout_seconds,
        )

    def ask(
        self,
        call: Callable[..., T],
        request: Any,
        *,
        needs: str,
        expected: Errors = (),
        passing: Errors = (),
    ) -> T | None:
        """Return the answer, or None if the call ended in one of the `expected` errors.

        `needs` names what has to be granted: a role and on what. Raises CloudRefused, with a text
        that quotes nothing of Google's answer, or TransientError; the latter for errors that are
        `passing` with this call, whatever they are otherwise.
        """
        try:
            return call(request=request, retry=self._retry, timeout=self._timeout)
        except expected:
            return None
        except exceptions.Forbidden as error:
            raise CloudRefused(f"grant {needs} to {self._account()}, then repeat this") from error
        except exceptions.ClientError as error:
            raise _sorted(error, (*_PASSING, *passing)) from error
        except (exceptions.GoogleAPIError, GoogleAuthError) as error:
            raise TransientError("Google Cloud did not answer as it should") from error

    def _account(self) -> str:
        """Return the account's address; credentials of a person or of nobody have none."""
        address = getattr(self._credentials, "service_account_email", "")
        return address if "@" in str(address) else self._somebody


def _sorted(error: exceptions.ClientError, passing: Errors) -> Exception:
    if isinstance(error, passing):
        return TransientError("Google Cloud did not take it this time")
    return CloudRefused(f"Google Cloud refuses this for good: {type(error).__name__}")
