"""Whether Google has signed a token, by the certificates that it publishes."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPException, HTTPMessage
from urllib.request import urlopen

import orjson
from google.auth.crypt import RSAVerifier

from vigil.adapters.push_identity import PushRefused, Token
from vigil.errors import TransientError
from vigil.ports import Clock

CERTS_URL = "https://www.googleapis.com/oauth2/v1/certs"
_TIMEOUT_SECONDS = 5.0
_LIMIT_BYTES = 256 * 1024
_FRESH = timedelta(hours=1)
# However many unknown keys are named, they make no more requests than this, answered or not.
_ASK_AGAIN = timedelta(minutes=1)
_MAX_AGE = re.compile(r"\bmax-age=([0-9]{1,7})\b")


class GoogleSignatures:
    """Checks signatures with certificates that are read from `certs_url` when they are needed.

    They are believed for as long as the answer that brought them says, an hour if it does not, and
    read again when a token names a key that is not among them. Only RS256 is taken, whatever a
    token says of itself.
    """

    def __init__(self, clock: Clock, *, certs_url: str = CERTS_URL) -> None:
        self._clock = clock
        self._certs_url = certs_url
        self._verifiers: Mapping[str, RSAVerifier] = {}
        self._asked_at: datetime | None = None
        self._believed_until: datetime | None = None

    def check(self, token: Token) -> None:
        """Return if Google has signed the token; raise PushRefused if not.

        Raises TransientError if the certificates cannot be read now.
        """
        key_id = token.header.get("kid")
        if token.header.get("alg") != "RS256" or not isinstance(key_id, str):
            raise PushRefused("algorithm or key")
        verifier = self._verifier(key_id)
        if verifier is None or not verifier.verify(token.signed, token.signature):
            raise PushRefused("signature")

    def _verifier(self, key_id: str) -> RSAVerifier | None:
        now = self._clock()
        expired = self._believed_until is None or now >= self._believed_until
        may_ask = self._asked_at is None or now >= self._asked_at + _ASK_AGAIN
        if expired or (key_id not in self._verifiers and may_ask):
            self._asked_at = now
            self._verifiers, fresh = _read_certificates(self._certs_url)
            self._believed_until = now + fresh
        return self._verifiers.get(key_id)


def _read_certificates(url: str) -> tuple[dict[str, RSAVerifier], timedelta]:
    """Return a verifier for each key, and for how long to believe in them."""
    try:
        with urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            body, headers = answer.read(_LIMIT_BYTES), answer.headers
        found = {key: _verifier_of(text) for key, text in orjson.loads(body).items()}
    except (OSError, HTTPException, ValueError, AttributeError, TypeError) as error:
        raise TransientError("the certificates of tokens cannot be read") from error
    return found, _freshness(headers)


def _verifier_of(certificate: str) -> RSAVerifier:
    made: RSAVerifier = RSAVerifier.from_string(certificate)  # type: ignore[no-untyped-call] # google-auth gives it no types
    return made


def _freshness(headers: HTTPMessage) -> timedelta:
    age = _MAX_AGE.search(headers.get("cache-control", ""))
    return max(timedelta(seconds=int(age[1])), _ASK_AGAIN) if age else _FRESH
