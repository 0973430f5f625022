"""Secrets from Google's Secret Manager."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vigil.adapters.secret_versions import Patience, access_version, connect
from vigil.errors import InvalidSettings, TransientError
from vigil.ports import Clock

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

FRESH = timedelta(seconds=60)
# As long as most outages: what was right an hour ago is more likely right than no page is.
USABLE = timedelta(hours=1)
_ASKED_AGAIN = timedelta(seconds=10)
_REFERENCE = re.compile(
    r"secret:(?:projects/(?P<project>[a-z0-9.:-]{1,100})/secrets/)?"
    r"(?P<name>[A-Za-z0-9_-]{1,255})"
    r"(?:/versions/(?P<version>[A-Za-z0-9_-]{1,63}))?"
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A secret, when it was read, and until when it is believed without asking."""

    secret: str
    read_at: datetime
    believed_until: datetime


class SecretManagerSecrets:
    """Reads `secret:projects/P/secrets/NAME`, or `secret:NAME` of the own project.

    `/versions/V` may follow; without it the latest version is meant. What was read is believed for
    a minute. While Secret Manager cannot be reached, what was read within the last hour still
    serves, except to a caller whose receiver has refused it. Safe for several threads: they ask for
    one reference once. White space around a secret is dropped, as it is of other places.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        project: str | None = None,
        client: "Callable[[], SecretManagerServiceClient]" = connect,
        patience: Patience | None = None,
    ) -> None:
        """Take how to make a client; it is made at the first `read`, after a server has forked."""
        self._clock = clock
        self._project = project
        self._connect = client
        self._client: SecretManagerServiceClient | None = None
        self._patience = patience or Patience()
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def read(self, reference: str, *, refused: str | None = None) -> str:
        """Return the secret; see the port.

        Raises InvalidSettings, naming the reference and what to do, where asking again cannot help,
        and TransientError where it may.
        """
        version = self._version(reference)
        with self._lock:
            lock = self._locks[version]
        with lock:
            kept = self._kept.get(version)
            if kept is not None and kept.secret == refused:
                del self._kept[version]
                kept = None
            if kept is not None and self._clock() < kept.believed_until:
                return kept.secret
            return self._renewed(version, kept)

    def _renewed(self, version: str, kept: _Kept | None) -> str:
        now = self._clock()
        try:
            secret = access_version(self._connected(), version, self._patience)
        except InvalidSettings:
            self._kept.pop(version, None)
            raise
        except TransientError:
            if kept is None or now - kept.read_at > USABLE:
                raise
            self._kept[version] = replace(kept, believed_until=now + _ASKED_AGAIN)
            return kept.secret
        self._kept[version] = _Kept(secret, now, now + FRESH)
        return secret

    def _connected(self) -> "SecretManagerServiceClient":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _version(self, reference: str) -> str:
        """Return the resource name of the version that a reference means."""
        named = _REFERENCE.fullmatch(reference)
        if named is None:
            # It is not repeated: it may be the secret itself, pasted into the wrong place.
            raise InvalidSettings(
                "a secret of Secret Manager is named by secret:projects/P/secrets/NAME "
                "or secret:NAME, and this is neither"
            )
        project = named["project"] or self._project
        if project is None:
            raise InvalidSettings(
                f"{reference} names no project: write secret:projects/P/secrets/{named['name']}"
            )
        return f"projects/{project}/secrets/{named['name']}/versions/{named['version'] or 'latest'}"
