"""What becomes of one raw entry before it is batched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vigil.errors import InvalidLogEntry
from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Tenant
from vigil.ports import Clock
from vigil.stores.registry import Registry
from vigil.workflows.quota import Quota


class Fate(StrEnum):
    """What becomes of an entry at the door; the names are those of Outcomes."""

    ACCEPTED = "accepted"
    FILTERED = "filtered"
    RATE_LIMITED = "rate_limited"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one entry: `tenant` is None if it belongs to nobody."""

    fate: Fate
    tenant: Tenant | None = None
    entry: LogEntry | None = None
    reason: str = ""


class Intake:
    """Parses an entry, finds whose it is, and decides whether it may come in.

    An entry's tenant follows from its project, never from what its payload says (FAULTS A14, A15).
    Entries of our own functions are dropped, so that no line of ours makes another one (A16).
    """

    def __init__(
        self, registry: Registry, clock: Clock, is_own: Callable[[LogEntry], bool]
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._is_own = is_own
        self._quota = Quota()

    def judge(
        self,
        raw: bytes | str | Mapping[str, object],
        *,
        received_at: datetime | None = None,
        message_id: str = "",
    ) -> Verdict:
        """Return what becomes of `raw`; never raises, whatever it is."""
        try:
            entry = LogEntry.parse(raw, received_at=received_at, message_id=message_id)
        except InvalidLogEntry as error:
            return Verdict(Fate.INVALID, reason=error.reason)
        tenant = self._registry.tenant_of(entry.project_id)
        if self._is_own(entry):
            return Verdict(Fate.FILTERED, tenant, reason="own entry")
        if tenant is None:
            return Verdict(Fate.INVALID, reason="tenant")
        if not self._quota.allows(tenant, self._clock()):
            return Verdict(Fate.RATE_LIMITED, tenant, reason="quota")
        return Verdict(Fate.ACCEPTED, tenant, entry)
