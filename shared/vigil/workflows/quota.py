"""How much a tenant may send."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.model.tenant import Tenant

_BURST_SECONDS = 10


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: datetime


class TokenBuckets:
    """A token bucket for each name: so many a second, and ten seconds of them at once.

    It counts on one instance only, so with many instances it is a guard against a storm, not a
    bill.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, name: str, per_second: float, now: datetime) -> timedelta:
        """Take one and return zero, or return how long to wait for one, and take none."""
        size = per_second * _BURST_SECONDS
        bucket = self._buckets.setdefault(name, _Bucket(size, now))
        elapsed = max(0.0, (now - bucket.filled_at).total_seconds())
        bucket.tokens = min(size, bucket.tokens + elapsed * per_second)
        bucket.filled_at = max(now, bucket.filled_at)
        if bucket.tokens < 1:
            return timedelta(seconds=(1 - bucket.tokens) / per_second)
        bucket.tokens -= 1
        return timedelta(0)

    def owe(self, name: str, tokens: float) -> None:
        """Take `tokens` from a name that has been let in, also such as it has not yet."""
        bucket = self._buckets.get(name)
        if bucket is not None:
            bucket.tokens -= tokens


class Quota:
    """How many entries a tenant may send: its `entries_per_second`."""

    def __init__(self) -> None:
        self._buckets = TokenBuckets()

    def allows(self, tenant: Tenant, now: datetime) -> bool:
        """Whether one more entry of `tenant` is within its quota; if so, it is taken from it."""
        rate = tenant.entries_per_second
        return rate is None or not self._buckets.wait(tenant.tenant_id, rate, now)
