"""How long callers waited, from batch to batch, for as long as this process lives."""

from collections.abc import Sequence
from threading import Lock

from vigil.detection.waits import Found, Wait, Waits
from vigil.logs.log_entry import LogEntry
from vigil.model.series import Series

# Those used longest ago make room.
TENANTS = 64
# Of one tenant, until entries of the service that was called come again.
HELD = 20_000


class _OfTenant:
    def __init__(self) -> None:
        self.waits = Waits()
        self.held: list[tuple[Series, Wait]] = []


class HeldWaits:
    """Gives each batch the waits for the services that are in it, whose states are written anyway.

    A request and the span that waited for it may come in batches some time apart, so both are kept
    until then, in memory. What another process got, or this one lost when it ended, is not joined:
    waits are a sample, and a sample is enough. Safe to be used by several threads.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._tenants: dict[str, _OfTenant] = {}

    def take_in(self, tenant_id: str, entries: Sequence[LogEntry]) -> Found:
        """Return the waits for the services of `entries` that are known by now, each once."""
        services = {entry.service for entry in entries}
        due: dict[Series, list[Wait]] = {}
        with self._lock:
            own = self._of(tenant_id)
            found = own.waits.take_in(entries)
            own.held += [(series, wait) for series, each in found.items() for wait in each]
            for series, wait in own.held:
                if series.service in services:
                    due.setdefault(series, []).append(wait)
            own.held = [held for held in own.held if held[0].service not in services][-HELD:]
        return due

    def _of(self, tenant_id: str) -> _OfTenant:
        own = self._tenants.pop(tenant_id, None) or _OfTenant()
        self._tenants[tenant_id] = own
        if len(self._tenants) > TENANTS:
            del self._tenants[next(iter(self._tenants))]
        return own
