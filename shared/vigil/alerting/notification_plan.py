"""Who is told of a change of an alert, and whether a telling that falls due is still right."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from vigil.alerting.routing import route
from vigil.model.alert import Alert
from vigil.model.channel import Channel
from vigil.model.identity import content_id
from vigil.model.notification import Notification, NotificationStatus, Transition
from vigil.model.severity import Severity


def plan(
    alert: Alert, transition: Transition, channels: Sequence[Channel], *, now: datetime
) -> tuple[Notification, ...]:
    """Return the notifications that tell `channels` of `transition`, due at once.

    That an alert opened is told to every channel that wants its severity; that it is resolved, to
    those that want to know and were to be told that it opened. Planning again gives the same keys,
    so after the severity was raised the keys that are not yet in the outbox are the channels that
    hear of it only now. To be written in one commit with the alert (FAULTS C05).
    """
    if transition is Transition.OPENED:
        told = route(alert.severity, channels)
    else:
        told = tuple(
            channel
            for channel in channels
            if channel.send_resolved and channel.channel_id in alert.notification_channels
        )
    return tuple(_notification(alert, transition, channel, now) for channel in told)


def plan_again(
    alert: Alert,
    channels: Sequence[Channel],
    *,
    now: datetime,
    raised_to: Severity | None = None,
) -> tuple[Notification, ...]:
    """Return the notifications that tell once more that an alert is open, due at once.

    It was reopened, or is `raised_to` a severity. They go to those of `channels` that the alert
    concerns. Whoever knows that it was open, and was never told that it is over, needs none of the
    former.
    """
    told = [each for each in channels if each.channel_id in alert.notification_channels]
    return tuple(
        replace(
            _notification(alert, Transition.OPENED, channel, now),
            key=notification_key(
                alert.tenant_id,
                alert.alert_id,
                Transition.OPENED,
                channel.channel_id,
                times_reopened=alert.times_reopened,
                raised_to=raised_to,
            ),
        )
        for channel in told
    )


def notification_key(  # noqa: PLR0913 - what a telling is of
    tenant_id: str,
    alert_id: str,
    transition: Transition,
    channel_id: str,
    *,
    times_reopened: int = 0,
    raised_to: Severity | None = None,
) -> str:
    """Return the key of one telling of one change of one alert to one channel.

    That an alert ended once more is another change, and so is that it is `raised_to` a severity.
    """
    again = [str(times_reopened)] if times_reopened else []
    if raised_to is not None:
        again += [raised_to.value]
    return content_id("notification", tenant_id, alert_id, transition.value, channel_id, *again)


def opening_key(notification: Notification) -> str:
    """Return the key of the notification that told the same channel that the alert opened."""
    return notification_key(
        notification.tenant_id,
        notification.alert_id,
        Transition.OPENED,
        notification.channel_id,
    )


def key_of(alert: Alert, transition: Transition, channel_id: str) -> str:
    """Return the key of the last such telling; that it opened is told once."""
    times = 0 if transition is Transition.OPENED else alert.times_reopened
    return notification_key(
        alert.tenant_id, alert.alert_id, transition, channel_id, times_reopened=times
    )


def _notification(
    alert: Alert, transition: Transition, channel: Channel, now: datetime
) -> Notification:
    return Notification(
        key=key_of(alert, transition, channel.channel_id),
        tenant_id=alert.tenant_id,
        alert_id=alert.alert_id,
        channel_id=channel.channel_id,
        transition=transition,
        status=NotificationStatus.DUE,
        created_at=now,
        due_at=now,
    )


class Verdict(StrEnum):
    """What to do with a notification that fell due."""

    SEND = "send"
    WAIT = "wait"
    WITHDRAW = "withdraw"
    LEAVE = "leave"


class Reason(StrEnum):
    """Why a notification is sent or not; kept with what is held back, to explain it."""

    STANDS = "the alert stands"
    TOLD_OF_OPENING = "they were told that it opened"
    DONE = "it was sent, given up or withdrawn before"
    SHADOW = "shadow: it would have been told, but in shadow mode nobody is"
    OVER = "the alert was resolved before they were told"
    NEVER_TOLD = "they were never told that it opened"
    STILL_OPENING = "they are still being told that it opened"
    NOT_RESOLVED = "the alert is not resolved"

    @property
    def verdict(self) -> Verdict:
        """What follows from it."""
        return _VERDICTS[self]


_VERDICTS = {
    Reason.STANDS: Verdict.SEND,
    Reason.TOLD_OF_OPENING: Verdict.SEND,
    Reason.DONE: Verdict.LEAVE,
    Reason.SHADOW: Verdict.WITHDRAW,
    Reason.OVER: Verdict.WITHDRAW,
    Reason.NEVER_TOLD: Verdict.WITHDRAW,
    Reason.STILL_OPENING: Verdict.WAIT,
    Reason.NOT_RESOLVED: Verdict.WAIT,
}


def reason_to_send(
    notification: Notification,
    alert: Alert,
    opening: Notification | None = None,
    *,
    in_shadow: bool = False,
) -> Reason:
    """Return why `notification` is to be sent or not, as `alert` now stands (FAULTS C14).

    While their tenant is `in_shadow` mode nobody is told, and of an alert that was opened then
    nobody ever is.
    `opening` is, for a notification of the resolution, the one of `opening_key`. That an alert
    opened is never told once it is resolved. That it is resolved is told only after the opening is
    settled, and only if that may have arrived: it was sent, or was withdrawn after an attempt whose
    outcome nobody knows.
    """
    if notification.status is not NotificationStatus.DUE:
        return Reason.DONE
    if in_shadow or alert.shadow:
        return Reason.SHADOW
    if notification.transition is Transition.OPENED:
        return Reason.STANDS if alert.is_active else Reason.OVER
    if alert.is_active:
        return Reason.NOT_RESOLVED
    return _reason_to_tell_of_the_end(opening)


def _reason_to_tell_of_the_end(opening: Notification | None) -> Reason:
    if opening is None:
        return Reason.NEVER_TOLD
    if opening.status is NotificationStatus.DUE:
        return Reason.STILL_OPENING
    may_have_arrived = opening.status is NotificationStatus.SENT or (
        opening.status is NotificationStatus.WITHDRAWN and opening.attempts > 0
    )
    return Reason.TOLD_OF_OPENING if may_have_arrived else Reason.NEVER_TOLD
