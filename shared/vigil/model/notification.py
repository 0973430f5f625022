"""A notification: one telling of one change of one alert to one channel."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vigil.model.severity import Severity


class Transition(StrEnum):
    """The change of an alert that is told."""

    OPENED = "opened"
    RESOLVED = "resolved"


class NotificationStatus(StrEnum):
    """What became of it."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Notification:
    """One telling of one change of one alert to one channel.

    `key` is made from these three, so a second telling after a crash carries the same key and a
    receiver can drop it. `due_at` is when to try next. While it is being tried, it lies a lease
    ahead: if the sender dies, it falls due again by itself.
    """

    key: str
    tenant_id: str
    alert_id: str
    channel_id: str
    transition: Transition
    status: NotificationStatus
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """What a notification says, before it takes a channel's shape; every text in it is redacted.

    `why` is the root cause's description, `since` when the first entry failed, `steps` what to look
    at first.
    """

    key: str
    transition: Transition
    alert_id: str
    incident_id: str
    severity: Severity
    title: str
    why: str
    since: datetime
    root_cause: str
    affected: tuple[str, ...]
    steps: tuple[str, ...]
    url: str
    note: str | None = None
