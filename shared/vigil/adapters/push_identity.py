"""Who pushes: the OIDC tokens of Pub/Sub and Cloud Scheduler (FAULTS D05, D06)."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from vigil.errors import InvalidLogEntry, PermanentError
from vigil.logs.json_text import read_object
from vigil.ports import Clock

_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
_SKEW = timedelta(seconds=10)
_PARTS = 3
# Google's are a quarter of it.
_TOKEN_LIMIT = 8_192
# A subscription shows the same token for up to an hour, in each of its pushes.
_REMEMBERED = 64
# Where this header came too, Cloud Run has checked the token in it, and not the other one.
_OTHER_TOKEN = "x-serverless-authorization"

Claims = Mapping[str, object]


class PushRefused(PermanentError):
    """It is not shown who pushes, or they may not; the text is for our own log alone."""


@dataclass(frozen=True, slots=True)
class Token:
    """A JSON Web Token taken apart, and nothing of it believed."""

    header: Claims
    claims: Claims
    signed: bytes
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Return the parts of a token; raise PushRefused for what is none."""
        parts = text.split(".")
        if len(parts) != _PARTS or len(text) > _TOKEN_LIMIT or not text.isascii():
            raise PushRefused("no token")
        head, body, signature = parts
        return cls(_object(head), _object(body), f"{head}.{body}".encode(), decoded(signature))


class Signatures(Protocol):
    """Knows whether Google has signed a token."""

    def check(self, token: Token) -> None:
        """Return if it has; raise PushRefused if not."""


class PushIdentity(Protocol):
    """Lets the pushes of some callers in."""

    def check(self, headers: Mapping[str, str]) -> None:
        """Return if the caller may push; raise PushRefused if not. Names are in lower case."""


class Anybody:
    """Lets everybody in: beside the emulators, which send no token."""

    def check(self, headers: Mapping[str, str]) -> None:
        """Return."""


class TokenIdentity:
    """Lets in who shows a token of Google's, made out for `audience` to one of `accounts`.

    The audience alone would let in every service account of anybody, since each can ask for a token
    for any audience. Without `signatures` only what a token says is looked at: for doors behind
    Cloud Run's IAM, which verifies the signature and then removes it. There, `signatures` would
    refuse every push; anywhere else, leaving them out would let in whoever can write JSON.
    """

    def __init__(
        self,
        *,
        audience: str,
        accounts: tuple[str, ...],
        clock: Clock,
        signatures: Signatures | None = None,
    ) -> None:
        self._audience = audience
        self._accounts = accounts
        self._clock = clock
        self._signatures = signatures
        # What tokens say that were let in, by the whole header: nothing but their time can pass.
        self._let_in: dict[str, Claims] = {}

    def check(self, headers: Mapping[str, str]) -> None:
        """Return if the caller may push; raise PushRefused if not."""
        if _OTHER_TOKEN in headers:
            raise PushRefused("two tokens")
        header = headers.get("authorization", "")
        claims = self._let_in.get(header)
        if claims is None:
            claims = self._checked(header)
            # A signature is looked at each time: its key may be withdrawn before its token ends.
            if self._signatures is None:
                self._remember(header, claims)
        elif not self._is_valid_now(claims):
            raise PushRefused("time")

    def _checked(self, header: str) -> Claims:
        token = Token.parse(_bearer(header))
        problem = self._problem(token.claims)
        if problem:
            raise PushRefused(problem)
        # Last, since it may ask Google for certificates, and anybody can write a token.
        if self._signatures is not None:
            self._signatures.check(token)
        return token.claims

    def _remember(self, header: str, claims: Claims) -> None:
        if len(self._let_in) >= _REMEMBERED:
            self._let_in.clear()
        self._let_in[header] = claims

    def _problem(self, claims: Claims) -> str | None:
        """Return what is wrong with what a token says, None if nothing is."""
        wrong = {
            "issuer": claims.get("iss") not in _ISSUERS,
            "audience": claims.get("aud") != self._audience,
            "account": claims.get("email") not in self._accounts,
            "email not verified": claims.get("email_verified") is not True,
            "time": not self._is_valid_now(claims),
        }
        return next((problem for problem, is_so in wrong.items() if is_so), None)

    def _is_valid_now(self, claims: Claims) -> bool:
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            return False
        now, skew = self._clock().timestamp(), _SKEW.total_seconds()
        return issued - skew <= now <= expires + skew


def decoded(text: str) -> bytes:
    """Return what a part of a token encodes; raise PushRefused unless it encodes it as one would.

    So no two texts are the same token.
    """
    try:
        octets = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise PushRefused("no token") from None
    if urlsafe_b64encode(octets).rstrip(b"=") != text.encode():
        raise PushRefused("no token")
    return octets


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise PushRefused("no token")
    return token.strip()


def _object(part: str) -> Claims:
    try:
        return read_object(decoded(part))
    except InvalidLogEntry:
        raise PushRefused("no token") from None
