"""Spells: windows in a row in which one series strayed in one way, taken as one finding."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series
from vigil.model.severity import Severity

# Beyond this nobody reads them; they are counted all the same.
MOST_SPELLS = 20_000

Kind = tuple[Series, AnomalyType]


@dataclass(frozen=True, slots=True)
class Spell:
    """What one series showed from `started_at` to `ended_at`, in `windows` that strayed.

    `told_at` is when it would have been told first. Severity, confidence, description and example
    are those of the gravest window; `example` is an entry, redacted, or "".
    """

    series: Series
    anomaly_type: AnomalyType
    started_at: datetime
    told_at: datetime
    first_window_at: datetime
    ended_at: datetime
    severity: Severity
    confidence: float
    description: str
    example: str = ""
    windows: int = 1

    @classmethod
    def of(cls, anomaly: Anomaly, told_at: datetime, window: timedelta) -> "Spell":
        """Return the spell of a single window."""
        return cls(
            anomaly.series,
            anomaly.anomaly_type,
            anomaly.started_at,
            told_at,
            anomaly.window_started_at,
            anomaly.window_started_at + window,
            anomaly.severity,
            anomaly.confidence,
            anomaly.description,
            anomaly.evidence[0].exemplar if anomaly.evidence else "",
        )

    @property
    def kind(self) -> Kind:
        """What only one spell can be at a time."""
        return self.series, self.anomaly_type

    @property
    def lasted(self) -> timedelta:
        """From its first window's beginning to its last one's end."""
        return self.ended_at - self.first_window_at

    def followed_by(self, other: "Spell") -> "Spell":
        """Return both as one."""
        gravest = max(self, other, key=_gravity)
        return replace(
            gravest,
            started_at=min(self.started_at, other.started_at),
            told_at=min(self.told_at, other.told_at),
            first_window_at=min(self.first_window_at, other.first_window_at),
            ended_at=max(self.ended_at, other.ended_at),
            windows=self.windows + other.windows,
        )


class Spells:
    """Folds anomalies into spells as they come.

    A spell goes on after one quiet window, as detection takes it to last: what is at a limit
    flickers. At most `most` are kept, the first ones; `left_out` counts the others.
    """

    def __init__(self, window: timedelta, *, most: int = MOST_SPELLS) -> None:
        self.anomalies = 0
        self._begun = 0
        self._window = window
        self._most = most
        self._running: dict[Kind, Spell] = {}
        self._over: list[Spell] = []

    def add(self, anomaly: Anomaly, told_at: datetime) -> None:
        """Take in the anomaly of one window, of each series and type in the order of time."""
        self.anomalies += 1
        spell = Spell.of(anomaly, told_at, self._window)
        running = self._running.get(spell.kind)
        if running is not None and spell.first_window_at <= running.ended_at + self._window:
            self._running[spell.kind] = running.followed_by(spell)
            return
        self._begun += 1
        self._running[spell.kind] = spell
        if running is not None and len(self._over) < self._most:
            self._over.append(running)

    @property
    def left_out(self) -> int:
        """How many there were beyond those that are kept."""
        return max(self._begun - self._most, 0)

    def all(self) -> list[Spell]:
        """Return the spells in the order in which they would have been told."""
        running = sorted(self._running.values(), key=_order)
        return sorted([*self._over, *running], key=_order)[: self._most]


def by_day(spells: Iterable[Spell], days: Iterable[date]) -> dict[str, int]:
    """Return how many were told on each day, in UTC, of `days` and of those on which any were."""
    counts = Counter({f"{day}": 0 for day in days})
    counts.update(f"{spell.told_at:%Y-%m-%d}" for spell in spells)
    return dict(sorted(counts.items()))


def by_type(spells: Iterable[Spell]) -> dict[str, int]:
    """Return how many there are of each type, the most frequent first."""
    counts = Counter(spell.anomaly_type.value for spell in spells)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _gravity(spell: Spell) -> tuple[int, float]:
    return spell.severity.rank, spell.confidence


def _order(spell: Spell) -> tuple[datetime, Series, AnomalyType]:
    return spell.told_at, spell.series, spell.anomaly_type
