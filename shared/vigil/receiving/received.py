"""What was received in one body, alert by alert: taken, or not and why."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from vigil.errors import PermanentError
from vigil.logs.fields import Fields
from vigil.logs.timestamp import parse_timestamp
from vigil.model.identity import content_id
from vigil.model.received_alert import AlertSource, ReceivedAlert, ReceivedStatus

# Clocks differ by less; a start far ahead would make every later onset look like an old one.
_AHEAD = timedelta(days=1)
_STATUSES = {
    "firing": ReceivedStatus.FIRING,
    "open": ReceivedStatus.FIRING,
    "resolved": ReceivedStatus.RESOLVED,
    "closed": ReceivedStatus.RESOLVED,
}


class UnusableAlert(PermanentError):
    """An alert that cannot be taken; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Received:
    """The alerts of one body that were taken, and what was wrong with the others.

    `group_key` is the sender's name for what it grouped, `status` what it says of the whole. A
    `is_test` asks only whether somebody is there.
    """

    source: AlertSource
    group_key: str
    status: ReceivedStatus
    alerts: tuple[ReceivedAlert, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    truncated: int = 0
    is_test: bool = False

    @property
    def received(self) -> int:
        """How many alerts were in the body."""
        return len(self.alerts) + len(self.problems)


@dataclass(slots=True)
class Taken:
    """Alerts as they are read one after another: one that is unusable spoils no other."""

    alerts: list[ReceivedAlert] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, name: str, read: Callable[[], ReceivedAlert]) -> None:
        """Take what `read` returns, or note under `name` why there is nothing."""
        try:
            self.alerts.append(read())
        except UnusableAlert as error:
            self.problems.append(f"{name}: {error}")


def fingerprint_of(tenant_id: str, labels: dict[str, str]) -> str:
    """Return the identity of what is wrong: `v1:` and 32 digits of the tenant and all labels."""
    pairs = (part for label in sorted(labels.items()) for part in label)
    return "v1:" + content_id("received", tenant_id, *pairs).removeprefix("v1-")


def status_of(text: str) -> ReceivedStatus | None:
    """Return the status that a word in any case means, None if none.

    >>> status_of("OPEN"), status_of("no data")
    (<ReceivedStatus.FIRING: 'firing'>, None)
    """
    return _STATUSES.get(text.strip().lower())


def start_of(fields: Fields, name: str, now: datetime) -> datetime:
    """Return when an alert started; raise UnusableAlert, since it is not known by anything else."""
    starts_at = parse_timestamp(fields.get(name))
    if starts_at is None or starts_at > now + _AHEAD:
        raise UnusableAlert(f"{name} is no usable time")
    return starts_at


def without_repeats(received: Received) -> Received:
    """Return it with each identity once, as over if it is that anywhere in the body."""
    known: dict[tuple[str, datetime], ReceivedAlert] = {}
    for alert in received.alerts:
        identity = alert.fingerprint, alert.starts_at
        if identity not in known or alert.status is ReceivedStatus.RESOLVED:
            known[identity] = alert
    return replace(received, alerts=tuple(known.values()))
