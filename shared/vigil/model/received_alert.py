"""An alert that somebody else has raised, and the group in which it was sent."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.severity import Severity

# Of an alert that does not say what it is about.
UNKNOWN_SERVICE = "unknown"


class AlertSource(StrEnum):
    """Who sends alerts to Vigil."""

    ALERTMANAGER = "alertmanager"
    CLOUD_MONITORING = "cloud_monitoring"

    @property
    def known_as(self) -> str:
        """The name that people know.

        >>> AlertSource.CLOUD_MONITORING.known_as
        'Cloud Monitoring'
        """
        return self.value.replace("_", " ").title()


class ReceivedStatus(StrEnum):
    """What the sender says of it."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class ReceivedAlert:
    """An alert that somebody else has raised; every text in it is redacted and bounded.

    It is known by its `fingerprint`, of the tenant and the labels as they were sent, and by when it
    started: the same again is a repeat, a later start is a new onset. `labels` and `annotations`
    are the first of those that were sent, for people to read.
    """

    fingerprint: str
    status: ReceivedStatus
    severity: Severity
    name: str
    service: str
    starts_at: datetime
    ends_at: datetime | None = None
    summary: str = ""
    description: str = ""
    generator_url: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """Alerts (at least one) that become one alert of Vigil, as they were received at one time.

    `group_id` says which one, whatever comes later. `status` is what the sender says of all that it
    grouped together; of that it has left out `truncated` alerts. All `alerts` have one severity.
    """

    group_id: str
    source: AlertSource
    group_key: str
    status: ReceivedStatus
    severity: Severity
    received_at: datetime
    alerts: tuple[ReceivedAlert, ...]
    truncated: int = 0
