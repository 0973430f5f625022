"""What is observed of services, with traces joined over batches while this process lives."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

from vigil.detection.trace_joiner import TraceJoiner
from vigil.detection.traffic_of import traffic_of
from vigil.logs.log_entry import LogEntry
from vigil.model.observed import Observed
from vigil.model.request_traffic import Traffic
from vigil.model.tenant import Tenant
from vigil.model.trace_profile import TraceProfile
from vigil.stores.traffic_records import slice_seconds

# Those used longest ago make room.
TENANTS = 64
# Of all tenants together; they are about 50 MB.
WAITING = 50_000
# Of entries of one tenant, to tell those that come again.
SEEN = 10_000


class _OfTenant:
    def __init__(self, seconds: int) -> None:
        self.joiner = TraceJoiner(seconds)
        self.seen: dict[str, None] = {}

    def fresh(self, entries: Sequence[LogEntry]) -> list[LogEntry]:
        """Return the entries that have not come before, and remember them."""
        fresh = {entry.digest: entry for entry in entries if entry.digest not in self.seen}
        self.seen |= dict.fromkeys(fresh)
        for digest in list(self.seen)[: max(len(self.seen) - SEEN, 0)]:
            del self.seen[digest]
        return list(fresh.values())


class HeldTraces:
    """Gives with each batch what was requested and what the traces showed that are complete now.

    The entries of a trace may come in batches some time apart, so they are kept until then, in
    memory, and so is which entries came. What another process got, or this one lost when it ended,
    is not joined, and what comes again to another process counts again: all this is a sample, of
    healthy times and of bad ones alike. Safe to be used by several threads.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._tenants: dict[str, _OfTenant] = {}

    def take_in(
        self, tenant: Tenant, entries: Sequence[LogEntry]
    ) -> list[tuple[datetime, Observed]]:
        """Return what was observed, by the beginning of each slice of time."""
        with self._lock:
            own = self._of(tenant)
            fresh = own.fresh(entries)
            profiles = own.joiner.take_in(fresh)
            self._make_room()
        traffic = traffic_of(fresh, slice_seconds(tenant.thresholds.window_seconds))
        return [
            (
                datetime.fromtimestamp(at, UTC),
                Observed(profiles.get(at, TraceProfile()), traffic.get(at, Traffic())),
            )
            for at in sorted({*profiles, *traffic})
        ]

    def forget(self, tenant: Tenant, entries: Sequence[LogEntry]) -> None:
        """Take `entries` as new when they come again: they could not be taken in."""
        with self._lock:
            seen = self._of(tenant).seen
            for entry in entries:
                seen.pop(entry.digest, None)

    def _of(self, tenant: Tenant) -> _OfTenant:
        seconds = slice_seconds(tenant.thresholds.window_seconds)
        own = self._tenants.pop(tenant.tenant_id, None) or _OfTenant(seconds)
        self._tenants[tenant.tenant_id] = own
        return own

    def _make_room(self) -> None:
        while len(self._tenants) > 1 and (len(self._tenants) > TENANTS or self._waiting > WAITING):
            del self._tenants[next(iter(self._tenants))]

    @property
    def _waiting(self) -> int:
        return sum([own.joiner.waiting for own in self._tenants.values()])
