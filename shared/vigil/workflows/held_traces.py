"""Traces, joined from batch to batch for as long as this process lives."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

from vigil.detection.trace_joiner import TraceJoiner
from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Tenant
from vigil.model.trace_profile import TraceProfile
from vigil.stores.traffic_records import slice_seconds

# Those used longest ago make room.
TENANTS = 64


class HeldTraces:
    """Gives with each batch what the traces showed that are complete by then.

    The entries of a trace may come in batches some time apart, so they are kept until then, in
    memory. What another process got, or this one lost when it ended, is not joined: profiles are a
    sample, of healthy times and of bad ones alike. Safe to be used by several threads.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._tenants: dict[str, TraceJoiner] = {}

    def take_in(
        self, tenant: Tenant, entries: Sequence[LogEntry]
    ) -> list[tuple[datetime, TraceProfile]]:
        """Return what complete traces showed, with the beginning of each slice of time."""
        with self._lock:
            found = self._of(tenant).take_in(entries)
        return [(datetime.fromtimestamp(at, UTC), profile) for at, profile in sorted(found.items())]

    def _of(self, tenant: Tenant) -> TraceJoiner:
        seconds = slice_seconds(tenant.thresholds.window_seconds)
        joiner = self._tenants.pop(tenant.tenant_id, None) or TraceJoiner(seconds)
        self._tenants[tenant.tenant_id] = joiner
        if len(self._tenants) > TENANTS:
            del self._tenants[next(iter(self._tenants))]
        return joiner
