"""The life of a notification: claimed, then sent, put off, given up or withdrawn."""

from dataclasses import replace
from datetime import datetime, timedelta

from vigil.model.notification import Notification, NotificationStatus

# 1 + 2 + ... + 512 s, then nine times 15 minutes: two and a half hours until it is given up.
MAX_ATTEMPTS = 20
LONGEST_BACKOFF = timedelta(minutes=15)
LONGEST_RETRY_AFTER = timedelta(hours=1)


def retry_at(
    attempts: int, *, now: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to try again after `attempts` (at least 1) that failed, or None to give up.

    1, 2, 4 ... seconds after `now`, at most 15 minutes; later if the receiver asked for that by
    `retry_after`, of which at most an hour is granted.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 20, 12, tzinfo=UTC)
    >>> [(retry_at(n, now=noon) - noon).total_seconds() for n in (1, 2, 3, 11)]
    [1.0, 2.0, 4.0, 900.0]
    >>> retry_at(1, now=noon, retry_after=timedelta(days=1)) - noon
    datetime.timedelta(seconds=3600)
    >>> retry_at(MAX_ATTEMPTS, now=noon)
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    backoff = min(timedelta(seconds=2 ** (attempts - 1)), LONGEST_BACKOFF)
    asked = min(retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    return now + max(backoff, asked)


def claim(notification: Notification, *, now: datetime, lease: timedelta) -> Notification:
    """Return it with one attempt more, due again when the lease ends, should the sender die.

    To be committed before sending, on the condition that nobody else has written, and only when
    `reason_to_send` says so: an attempt that is counted may have reached the receiver.
    """
    return replace(notification, attempts=notification.attempts + 1, due_at=now + lease)


def sent(notification: Notification, *, now: datetime) -> Notification:
    """Return it as taken by the receiver."""
    return replace(notification, status=NotificationStatus.SENT, sent_at=now, reason=None)


def failed(
    notification: Notification,
    reason: str,
    *,
    now: datetime,
    retry_after: timedelta | None = None,
) -> Notification:
    """Return it put off until `retry_at`, or given up; `reason` says what went wrong this time."""
    due_at = retry_at(notification.attempts, now=now, retry_after=retry_after)
    if due_at is None:
        return rejected(notification, reason)
    return replace(notification, due_at=due_at, reason=reason)


def rejected(notification: Notification, reason: str) -> Notification:
    """Return it given up: the receiver will never take it."""
    return replace(notification, status=NotificationStatus.FAILED, reason=reason)


def withdrawn(notification: Notification, reason: str) -> Notification:
    """Return it as not to be sent any more; `reason` says why."""
    return replace(notification, status=NotificationStatus.WITHDRAWN, reason=reason)


def postponed(notification: Notification, *, until: datetime) -> Notification:
    """Return it due `until`, without an attempt: something else has to happen first."""
    return replace(notification, due_at=until)
