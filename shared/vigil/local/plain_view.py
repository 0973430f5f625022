"""The view of a running Vigil where there is no terminal: a line for everything that is new."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Self

from vigil.adapters.plain_text import plain
from vigil.local.sentences import (
    anomaly_words,
    balance_words,
    cause_words,
    notification_words,
    outcome_words,
    state_words,
    time_of,
)
from vigil.local.snapshot import Place, Snapshot
from vigil.model.alert import Alert, AlertStatus
from vigil.model.anomaly import AnomalyType
from vigil.model.series import Series

_FIGURES_EVERY = timedelta(seconds=10)
# What goes on straying is said again after so long.
_REMINDED_AFTER = timedelta(minutes=1)
# What makes it another statement than the ones before, and its words.
Statement = tuple[str, str]


class PlainView:
    """Writes a line for everything in a snapshot that was in none before it."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Take what writes text, with its line breaks; it is called from several threads."""
        self.write = write
        self._said: set[str] = set()
        self._strayed: dict[tuple[Series, AnomalyType], datetime] = {}
        self._figures_at: datetime | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Write what is new in `snapshot`, the oldest first."""
        self._say(_beginning(snapshot))
        self._say(self._anomalies(snapshot))
        self._say(_consequences(snapshot))
        if self._figures_at is None or snapshot.at - self._figures_at >= _FIGURES_EVERY:
            self._figures_at = snapshot.at
            self.write(f"{_figures(snapshot)}\n")

    def _say(self, statements: Iterable[Statement]) -> None:
        for key, line in statements:
            if key not in self._said:
                self._said.add(key)
                self.write(f"{line}\n")

    def _anomalies(self, snapshot: Snapshot) -> Iterator[Statement]:
        """Yield what has begun to stray, and what has done so for another minute."""
        for anomaly in reversed(snapshot.anomalies):
            kind = anomaly.series, anomaly.anomaly_type
            since = self._strayed.get(kind)
            if since is None or anomaly.detected_at - since >= _REMINDED_AFTER:
                self._strayed[kind] = anomaly.detected_at
                words = f"anomaly: {anomaly.severity.value} {anomaly_words(anomaly)}"
                yield anomaly.anomaly_id, f"{time_of(anomaly.detected_at)} {words}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave everything as it was written."""


def _beginning(snapshot: Snapshot) -> Iterator[Statement]:
    yield "place", _place(snapshot.place)
    yield snapshot.story, f"{time_of(snapshot.at)} {snapshot.story}"


def _consequences(snapshot: Snapshot) -> Iterator[Statement]:
    for incident in reversed(snapshot.incidents):
        words = (
            f"incident {incident.status.value}: {plain(incident.title)}; {cause_words(incident)}"
        )
        yield f"{incident.incident_id} {incident.status}", f"{time_of(snapshot.at)} {words}"
    for alert in reversed(snapshot.alerts):
        yield f"{alert.alert_id} {alert.status}", _alert(snapshot, alert)
    for notification in reversed(snapshot.notifications):
        key = f"{notification.key} {notification.status} {notification.attempts}"
        yield key, f"{time_of(snapshot.at)} told: {notification_words(notification)}"


def _place(place: Place) -> str:
    return (
        f"API        {place.api}\nshop       {place.shop}\n"
        f"push door  {place.push}\nAPI key    {place.key}"
    )


def _alert(snapshot: Snapshot, alert: Alert) -> str:
    line = f"{time_of(snapshot.at)} alert {state_words(alert)}: {plain(alert.title)}"
    if alert.status is not AlertStatus.OPEN:
        return line
    return f"{line}\nacknowledge it: {' '.join(snapshot.place.acknowledging(alert))}"


def _figures(snapshot: Snapshot) -> str:
    return (
        f"{time_of(snapshot.at)} entries: {outcome_words(snapshot.outcomes)}; "
        f"{balance_words(snapshot.outcomes)}; {snapshot.per_second:.1f} a second"
    )
