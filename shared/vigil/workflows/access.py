"""Who is asking: API keys, and what each role may do."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from vigil.errors import InvalidRequest, PermanentError
from vigil.model.api_key import ApiKey, Role
from vigil.model.identity import checked_id
from vigil.ports import Documents
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore

_KEY = re.compile(r"vk1\.([A-Za-z0-9_-]{1,128})\.[A-Za-z0-9_-]{43}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_NAME = 100
# Where a key that names no tenant is looked for, so that it costs the same reads as any other.
_NOBODY = "nobody"


class NotIdentified(PermanentError):
    """No valid key came with the request; the text is the same for every reason (FAULTS D37)."""

    def __init__(self) -> None:
        super().__init__(
            "send a valid API key, as 'Authorization: Bearer KEY' or as 'X-API-Key: KEY'"
        )


class NotAllowed(PermanentError):
    """The key is valid, and does not allow this; the text says what would."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking; `actor` is the name that goes into an alert's history."""

    tenant_id: str
    role: Role
    actor: str

    def require(self, needed: Role) -> None:
        """Raise NotAllowed unless this may do what `needed` may (FAULTS D32)."""
        if not self.role.allows(needed):
            roles = " or ".join(f"'{role.value}'" for role in Role if role.allows(needed))
            raise NotAllowed(f"this needs a key whose role is {roles}")


def make_key(
    tenant_id: str, *, name: str, role: Role, now: datetime, secret: str
) -> tuple[str, ApiKey]:
    """Return the text of a new key, which is shown once, and what is kept of it.

    `secret` is 43 characters of base64url, drawn by the caller from `secrets.token_urlsafe(32)`. It
    is to be stored in the tenant's `api_keys` under its `key_hash`. Raises InvalidRequest for an id
    that no tenant can have, a name that is not 1 to 100 printable characters, or another secret.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 20, tzinfo=UTC)
    >>> text, key = make_key("acme", name="ci", role=Role.VIEWER, now=now, secret="x" * 43)
    >>> text[:12], len(key.key_hash)
    ('vk1.acme.xxx', 64)
    """
    if not _SECRET.fullmatch(secret):
        raise InvalidRequest("a key's secret has 43 characters of base64url")
    text = f"vk1.{checked_id(tenant_id)}.{secret}"
    return text, ApiKey(_hash(text), tenant_id, _checked_name("a key's name", name), role, now)


class Access:
    """Finds out who is asking from the headers of a request.

    Only the key says whose tenant it is. `X-Tenant-ID` may repeat it and grants nothing (FAULTS
    D03), and no other header is looked at for that.
    """

    def __init__(self, *, documents: Documents, registry: Registry) -> None:
        self._documents = documents
        self._registry = registry

    def identify(self, headers: Mapping[str, str]) -> Identity:
        """Return who is asking.

        `items()` of the headers may give a name more than once. `X-User-ID` names a person behind
        the key: the actor is then `key's name:person`.

        Raises NotIdentified without exactly one valid key, NotAllowed if `X-Tenant-ID` is another
        tenant, and InvalidRequest if `X-User-ID` is not 1 to 100 printable characters.
        """
        sent = [(name.lower(), value) for name, value in headers.items()]
        key = self._agreeing_key(sent)
        return Identity(key.tenant_id, key.role, _actor(key, _values(sent, "x-user-id")))

    def identify_sender(self, headers: Mapping[str, str], *, token: str = "") -> Identity:
        """Return who sends alerts, by a key that may also come in ways that senders have.

        These are the password of `Authorization: Basic`, whatever the name, and `token`, which
        stood in the address. Raises NotIdentified without exactly one valid key, and NotAllowed if
        it may not send or `X-Tenant-ID` is another tenant (FAULTS D11).
        """
        sent = [(name.lower(), value) for name, value in headers.items()]
        key = self._agreeing_key(sent, token)
        identity = Identity(key.tenant_id, key.role, key.name)
        identity.require(Role.SENDER)
        return identity

    def _agreeing_key(self, sent: Sequence[tuple[str, str]], token: str | None = None) -> ApiKey:
        key = self._valid_key(_presented(sent, token))
        if any(value != key.tenant_id for value in _values(sent, "x-tenant-id")):
            raise NotAllowed("X-Tenant-ID is not the tenant of this key; it may be left out")
        return key

    def _valid_key(self, text: str) -> ApiKey:
        key_hash = _hash(text)
        stored = TenantStore(self._documents, _tenant_id(text)).api_keys.get(key_hash)
        if stored is None or not _is_valid(stored.value, key_hash):
            raise NotIdentified
        # Asked last: the registry remembers every id it is asked for, and guesses are many.
        if self._registry.tenant(stored.value.tenant_id) is None:
            raise NotIdentified
        return stored.value


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_valid(key: ApiKey, key_hash: str) -> bool:
    return hmac.compare_digest(key.key_hash, key_hash) and key.revoked_at is None


def _tenant_id(text: str) -> str:
    """Return the tenant that a key's text names, or the one that nobody has a key of."""
    named = _KEY.fullmatch(text)
    try:
        return checked_id(named[1]) if named else _NOBODY
    except InvalidRequest:
        return _NOBODY


def _presented(sent: Sequence[tuple[str, str]], token: str | None = None) -> str:
    """Return the one key that was sent, or "" for none, for several, or for other credentials.

    With a `token`, "" for none, keys are also taken from where only senders put them.
    """
    may_be_basic = token is not None
    presented = {_authorized(value, may_be_basic) for value in _values(sent, "authorization")}
    presented |= set(_values(sent, "x-api-key"))
    presented |= {token} if token else set()
    return presented.pop() if len(presented) == 1 else ""


def _authorized(value: str, may_be_basic: bool) -> str:
    return _bearer(value) or (_password(value) if may_be_basic else "")


def _bearer(value: str) -> str:
    scheme, _, credentials = value.partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _password(value: str) -> str:
    scheme, _, credentials = value.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _values(sent: Iterable[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in sent if name == wanted]


def _actor(key: ApiKey, people: list[str]) -> str:
    if not people:
        return key.name
    if len(people) > 1:
        raise InvalidRequest("X-User-ID may be sent once")
    return f"{key.name}:{_checked_name('X-User-ID', _as_utf8(people[0]))}"


def _as_utf8(value: str) -> str:
    """Return what a header says if it was sent in UTF-8; servers read headers as Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _checked_name(what: str, name: str) -> str:
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise InvalidRequest(f"{what} has 1 to {_MAX_NAME} printable characters")
    return name
