"""How many entries a tenant may send."""

from dataclasses import dataclass
from datetime import datetime

from vigil.model.tenant import Tenant

_BURST_SECONDS = 10


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: datetime


class Quota:
    """A token bucket for each tenant: its `entries_per_second`, and ten seconds of them at once.

    It counts on one instance only, so with many instances it is a guard against a storm, not a
    bill.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def allows(self, tenant: Tenant, now: datetime) -> bool:
        """Whether one more entry of `tenant` is within its quota; if so, it is taken from it."""
        if tenant.entries_per_second is None:
            return True
        size = float(tenant.entries_per_second * _BURST_SECONDS)
        bucket = self._buckets.setdefault(tenant.tenant_id, _Bucket(size, now))
        elapsed = max(0.0, (now - bucket.filled_at).total_seconds())
        bucket.tokens = min(size, bucket.tokens + elapsed * tenant.entries_per_second)
        bucket.filled_at = max(now, bucket.filled_at)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
