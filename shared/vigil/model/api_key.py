"""An API key: who may ask, for which tenant, and how much."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a credential may do: from viewer to admin each more than the one before.

    A sender stands beside them: it hands in alerts and does nothing else.
    """

    SENDER = "sender"
    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    def allows(self, needed: "Role") -> bool:
        """Whether this role may do what `needed` may.

        >>> Role.RESPONDER.allows(Role.VIEWER), Role.VIEWER.allows(Role.RESPONDER)
        (True, False)
        >>> [role.value for role in Role if role.allows(Role.SENDER)]
        ['sender', 'admin']
        """
        if Role.SENDER in (self, needed):
            return self in (needed, Role.ADMIN)
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: its hash, never the key."""

    key_hash: str
    tenant_id: str
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None = None
