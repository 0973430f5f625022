"""What the views of a running Vigil show, read from its stores at one instant."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from vigil.alerting.notification_plan import key_of
from vigil.local.recent_lines import LineCount, RecentLines
from vigil.local.shop import Shop
from vigil.model.alert import Alert, AlertStatus
from vigil.model.anomaly import Anomaly
from vigil.model.channel import Channel
from vigil.model.incident import Incident
from vigil.model.notification import Notification, Transition
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Documents
from vigil.stores.collection import Stored
from vigil.stores.queries import ALERTS, ANOMALIES, INCIDENTS
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import PLATFORM, outcomes_of, totals

_ANOMALIES = 20
_INCIDENTS = 5
_ALERTS = 5
_RATED_OVER = timedelta(seconds=10)


class RunningVigil(Protocol):
    """A Vigil on this machine with its sample shop, however many processes it has.

    Only a few things of it are wanted: where it keeps what it knows, whose the shop is, and where
    things are found.
    """

    @property
    def documents(self) -> Documents:
        """Where everything is kept."""

    @property
    def tenant(self) -> Tenant:
        """Whose the shop is."""

    @property
    def store(self) -> TenantStore:
        """What is kept of this tenant."""

    @property
    def shop(self) -> Shop:
        """The sample shop."""

    @property
    def lines(self) -> RecentLines:
        """What the shop has logged lately."""

    @property
    def api(self) -> str:
        """The address of the API."""

    @property
    def key(self) -> str:
        """The key that opens it."""

    @property
    def push(self) -> str:
        """The address to which raw entries are pushed."""

    @property
    def variables(self) -> str:
        """What the other commands find in their environment to act on it; "" for nothing."""

    @property
    def begun_at(self) -> datetime:
        """When the shop was opened."""

    def waiting(self) -> int | None:
        """Return how many messages are still to be worked on, None where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a running Vigil is found, and the key that opens its API."""

    api: str
    push: str
    shop: str
    key: str

    def acknowledging(self, alert: Alert) -> tuple[str, ...]:
        """Return the command line that acknowledges `alert`, in parts of less than 80 columns."""
        return (
            "curl -X POST",
            f"-H 'X-API-Key: {self.key}'",
            f"{self.api}/alerts/{alert.alert_id}/acknowledge",
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What stands at one instant; anomalies, incidents, alerts and what was sent: newest first.

    Of the anomalies of one window the graver come first. `outcomes` are those of all runs in this
    data folder, `per_second` is how many entries were received in each of the last ten seconds,
    `waiting` how many messages are in the queue, None where nobody can tell. `story` says in a
    sentence what the shop goes through, until `changes_at`; `faults` says what is broken in it, by
    endpoint.
    """

    at: datetime
    place: Place
    story: str
    changes_at: datetime | None = None
    outcomes: Outcomes = field(default_factory=Outcomes)
    per_second: float = 0.0
    waiting: int | None = None
    faults: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lines: Sequence[LineCount] = ()
    anomalies: Sequence[Anomaly] = ()
    incidents: Sequence[Incident] = ()
    alerts: Sequence[Alert] = ()
    notifications: Sequence[Notification] = ()

    @property
    def unanswered(self) -> Alert | None:
        """The newest alert that nobody has acknowledged, or None."""
        standing = (alert for alert in self.alerts if alert.status is AlertStatus.OPEN)
        return next(standing, None)


class Rate:
    """How fast a counter has grown in the last ten seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[datetime, int]] = deque()

    def per_second(self, now: datetime, count: int) -> float:
        """Take in what the counter says `now`, and return its growth per second."""
        self._seen.append((now, count))
        while self._seen[0][0] < now - _RATED_OVER:
            self._seen.popleft()
        first_at, first = self._seen[0]
        elapsed = (now - first_at).total_seconds()
        return (count - first) / elapsed if elapsed > 0 else 0.0


class SnapshotReader:
    """Reads the snapshots of one running Vigil."""

    def __init__(self, vigil: RunningVigil) -> None:
        self._vigil = vigil
        self._place = Place(vigil.api, vigil.push, vigil.shop.address, vigil.key)
        self._rate = Rate()

    def read(self, now: datetime, story: str, changes_at: datetime | None) -> Snapshot:
        """Return what stands now; see Snapshot for what is told of the story."""
        vigil, store = self._vigil, self._vigil.store
        outcomes = outcomes_in(vigil.documents, store)
        alerts = [stored.value for stored in store.alerts.query(ALERTS, limit=_ALERTS)]
        return Snapshot(
            at=now,
            place=self._place,
            story=story,
            changes_at=changes_at,
            outcomes=outcomes,
            per_second=self._rate.per_second(now, outcomes.received),
            waiting=vigil.waiting(),
            faults=vigil.shop.faults.status(),
            lines=vigil.lines.counts(),
            anomalies=_graver_first(store.anomalies.query(ANOMALIES, limit=_ANOMALIES)),
            incidents=[s.value for s in store.incidents.query(INCIDENTS, limit=_INCIDENTS)],
            alerts=alerts,
            notifications=notifications_of(store, alerts, vigil.tenant.channels),
        )


def outcomes_in(documents: Documents, store: TenantStore) -> Outcomes:
    """Return what became of the tenant's entries and of those that belong to nobody."""
    return outcomes_of(totals(documents, store.root)) + outcomes_of(totals(documents, PLATFORM))


def notifications_of(
    store: TenantStore, alerts: Iterable[Alert], channels: Iterable[Channel]
) -> list[Notification]:
    """Return what is due and what was sent of `alerts`, the newest first."""
    keys = [
        key_of(alert, transition, channel.channel_id)
        for alert in alerts
        for transition in Transition
        for channel in channels
    ]
    found = (*store.outbox.get_all(keys), *store.notifications.get_all(keys))
    # One that was settled between the two readings is in both, and the later reading is right.
    by_key = {stored.value.key: stored.value for stored in found if stored}
    return sorted(by_key.values(), key=_when, reverse=True)


def _graver_first(found: Iterable[Stored[Anomaly]]) -> list[Anomaly]:
    struck = sorted((stored.value for stored in found), key=lambda a: a.started_at)
    return sorted(struck, key=lambda a: (a.detected_at, a.severity.rank), reverse=True)


def _when(notification: Notification) -> datetime:
    return notification.sent_at or notification.created_at
