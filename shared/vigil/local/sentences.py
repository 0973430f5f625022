"""What both views say of a snapshot, in the same words; all of it plain (see `plain`)."""

from collections.abc import Mapping
from datetime import UTC, datetime

from vigil.adapters.plain_text import plain
from vigil.model.alert import Alert, AlertStatus
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident
from vigil.model.notification import Notification, NotificationStatus
from vigil.model.outcome import Outcomes
from vigil.model.percent import percent
from vigil.model.verdict import cause_in_words


def time_of(at: datetime) -> str:
    """Return the time of day in UTC, to the second."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def outcome_words(outcomes: Outcomes) -> str:
    """Return what became of the entries, each outcome with its number.

    >>> outcome_words(Outcomes(received=3, processed=2, duplicate=1))
    'received 3  processed 2  duplicate 1  filtered 0  limited 0  invalid 0  dead 0  late 0'
    """
    return (
        f"received {outcomes.received}  processed {outcomes.processed}  "
        f"duplicate {outcomes.duplicate}  filtered {outcomes.filtered}  "
        f"limited {outcomes.rate_limited}  invalid {outcomes.invalid}  "
        f"dead {outcomes.dead_lettered}  late {outcomes.late}"
    )


def balance_words(outcomes: Outcomes) -> str:
    """Return whether every entry is accounted for."""
    return "every one accounted for" if outcomes.balanced else "NOT ALL ACCOUNTED FOR"


def anomaly_words(anomaly: Anomaly) -> str:
    """Return what strayed, where and how."""
    where = f"{anomaly.anomaly_type.value} in {anomaly.series}"
    return plain(f"{where}: {anomaly.description}")


def cause_words(incident: Incident) -> str:
    """Return what an incident is blamed on, and why."""
    return plain(f"root cause: {cause_in_words(incident)}")


def state_words(alert: Alert) -> str:
    """Return where an alert is in its life, and who brought it there."""
    match alert.status:
        case AlertStatus.OPEN:
            return f"open since {time_of(alert.created_at)}"
        case AlertStatus.ACKNOWLEDGED:
            return plain(f"acknowledged by {alert.acknowledged_by}") + _when(alert.acknowledged_at)
        case AlertStatus.RESOLVED:
            return plain(f"resolved by {alert.resolved_by}") + _when(alert.resolved_at)


def notification_words(notification: Notification) -> str:
    """Return what was told to which channel, and what became of it."""
    told = f"{notification.transition.value} to {notification.channel_id}: "
    match notification.status:
        case NotificationStatus.SENT:
            fate = f"sent{_when(notification.sent_at)}"
        case NotificationStatus.DUE:
            fate = f"due{_when(notification.due_at)}, tried {notification.attempts} times"
        case _:
            fate = notification.status.value
    reason = f" ({notification.reason})" if notification.reason else ""
    return plain(told + fate + reason)


def fault_words(faults: Mapping[str, Mapping[str, float]]) -> str:
    """Return what is broken in the shop, "" if nothing is.

    >>> fault_words({"payment": {"delay_ms": 2000.0, "error_rate": 0.8}})
    'payment: 80% fail, 2000 ms late'
    """
    return "; ".join(f"{endpoint}: {', '.join(_wrongs(f))}" for endpoint, f in faults.items())


def _wrongs(fault: Mapping[str, float]) -> list[str]:
    wrongs = []
    if fault["error_rate"]:
        wrongs.append(f"{percent(fault['error_rate'])} fail")
    if fault["delay_ms"]:
        wrongs.append(f"{fault['delay_ms']:.0f} ms late")
    return wrongs


def _when(at: datetime | None) -> str:
    return f" at {time_of(at)}" if at else ""
