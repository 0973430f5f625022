"""Everything that is kept for one tenant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from vigil.model.alert import Alert
from vigil.model.alert_change import AlertChange
from vigil.model.anomaly import Anomaly
from vigil.model.api_key import ApiKey
from vigil.model.change import Change
from vigil.model.event import Event
from vigil.model.explanation import Explanation
from vigil.model.feedback import Feedback
from vigil.model.identity import checked_id
from vigil.model.incident import Incident
from vigil.model.inquiry import Inquiry
from vigil.model.notification import Notification
from vigil.model.stream import Stream
from vigil.model.tenant import Tenant
from vigil.ports import Document, Documents, Precondition, Put
from vigil.stores.collection import Collection

T = TypeVar("T")

# A batch is redelivered for a day at the most, a notification tried for some hours.
_KEEP_LEDGER = timedelta(days=2)
_KEEP_NOTIFICATIONS = timedelta(days=30)
# An answer is used again for an hour.
_KEEP_INQUIRIES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Work that is done, and when.

    `dead_lettered` work was given up, and counted so; it may come back until `replayable_until`.
    That is also set for what was done of a message whose rest was given up.
    """

    done_at: datetime
    dead_lettered: bool = False
    replayable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group of received alerts: its `members`, packed, and what they have last become.

    That is the anomaly that stands for them, and the incident that it opened or joined; the anomaly
    knows better where it is, for as long as it is kept. `heard_at` is when something of the group
    was last written down.
    """

    group_id: str
    heard_at: datetime
    members: bytes = b""
    incident_id: str | None = None
    anomaly_id: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """How far something has come that only one may do at a time."""

    reached_at: datetime


class TenantStore:
    """Everything that is kept for one tenant; it is made for one and cannot name another.

    What happened is kept for the tenant's retention, what was done and sent for as long as it may
    be done or sent again. Raises InvalidRequest for a tenant id that no tenant can have.
    """

    def __init__(
        self, documents: Documents, tenant_id: str, *, keep: timedelta = timedelta(days=7)
    ) -> None:
        self.documents = documents
        self.tenant_id = checked_id(tenant_id)
        self.root = f"tenants/{tenant_id}"
        self.keep = keep
        self.anomalies = self._collection("anomalies", Anomaly, lambda a: a.detected_at + keep)
        self.changes = self._collection("changes", Change, lambda c: c.at + keep)
        self.feedback = self._collection(
            "feedback", Feedback, lambda f: f.opinions[-1].given_at + keep
        )
        self.incidents = self._collection(
            "incidents", Incident, lambda i: i.last_detected_at + keep
        )
        self.alerts = self._collection("alerts", Alert, lambda a: a.updated_at + keep)
        self.analyses = self._collection("analyses", Explanation, lambda e: e.created_at + keep)
        self.inquiries = self._collection(
            "inquiries", Inquiry, lambda i: i.begun_at + _KEEP_INQUIRIES
        )
        self.ledger = self._collection(
            "ledger", LedgerEntry, lambda e: e.replayable_until or e.done_at + _KEEP_LEDGER
        )
        self.notifications = self._collection(
            "notifications", Notification, lambda n: n.created_at + _KEEP_NOTIFICATIONS
        )
        self.outbox = self._collection("outbox", Notification)
        self.events = self._collection("events", Event)
        self.turns = self._collection("turns", Turn)
        self.groups = self._collection("groups", GroupState, lambda g: g.heard_at + keep)
        self.streams = self._collection("streams", Stream)
        self.api_keys = self._collection("api_keys", ApiKey)

    @classmethod
    def of(cls, documents: Documents, tenant: Tenant) -> "TenantStore":
        """Return the store of `tenant`, with its retention."""
        return cls(documents, tenant.tenant_id, keep=timedelta(days=tenant.retention_days))

    def history(self, alert_id: str) -> Collection[AlertChange]:
        """Return the steps in the life of one alert."""
        return Collection(
            self.documents,
            self.alerts.path(alert_id),
            "history",
            AlertChange,
            lambda change: change.changed_at + self.keep,
        )

    def _collection(
        self, name: str, kind: type[T], expires_at: Callable[[T], datetime] | None = None
    ) -> Collection[T]:
        return Collection(self.documents, self.root, name, kind, expires_at)


# The turn that says up to when all services of the tenant have been judged.
JUDGED = "judged"


def judged_until(store: TenantStore) -> datetime | None:
    """Return up to when all services of the tenant have been judged, None if never."""
    turn = store.turns.get(JUDGED)
    return turn.value.reached_at if turn else None


def judged_in(store: TenantStore, document: Document | None) -> datetime | None:
    """Return the same from the document that lies at the turn's path."""
    return store.turns.read(document).value.reached_at if document else None


def judge_until(store: TenantStore, reached_at: datetime, *, when: Precondition = None) -> Put:
    """Return the write that says so."""
    return store.turns.put(JUDGED, Turn(reached_at), when=when)


def tenant_of(path: str) -> str:
    """Return the id of the tenant in whose part of the tree a path lies.

    >>> tenant_of("tenants/acme/outbox/k")
    'acme'
    """
    return path.split("/")[1]
