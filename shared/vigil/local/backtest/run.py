"""Backtest: exported entries through detection, under one configuration or two, in event time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from vigil.detection.readiness import SeriesReadiness, readiness_of
from vigil.detection.warm_up import Subject
from vigil.detection.watch import Watch
from vigil.errors import InvalidLogEntry
from vigil.local.backtest.settings import Configuration
from vigil.local.backtest.spells import Spell, Spells, by_day
from vigil.local.backtest.traces import Traces
from vigil.local.backtest.window_readings import WindowReadings
from vigil.local.event_clock import EventClock
from vigil.local.raw_entry import RawEntry
from vigil.local.seen_digests import SeenDigests
from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Thresholds

TICK = timedelta(seconds=10)
# As many as a batch of the functions holds: what is found early is found in one of these.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Run:
    """What one configuration made of the entries.

    `anomalies` counts the windows that strayed, `spells_left_out` the spells beyond those listed,
    `late` the entries that came after their window was judged. `heard` are the starts of the
    windows in which anything was logged, in order, and `readiness` how far each series had been
    learned in the end.
    """

    configuration: Configuration
    spells: Sequence[Spell]
    spells_left_out: int
    anomalies: int
    late: int
    traces: Traces
    heard: Sequence[int]
    readiness: Sequence[SeriesReadiness] = ()

    @property
    def covered(self) -> timedelta:
        """How much time the windows cover in which anything was logged."""
        seconds = self.configuration.thresholds.window_seconds
        return timedelta(seconds=seconds * len(self.heard))

    @property
    def learning(self) -> int:
        """How many series were still learning at the end; none where only fixed limits judge."""
        return len([series for series in self.readiness if not series.ready])

    @property
    def ready(self) -> dict[Subject, tuple[int, int]]:
        """For how many series each subject was ready in the end, and how many show it."""
        warm_ups = [warm_up for series in self.readiness for warm_up in series.warm_ups]
        shown = Counter([each.subject for each in warm_ups])
        ready = Counter([each.subject for each in warm_ups if each.ready])
        return {each: (ready[each], shown[each]) for each in Subject if shown[each]}

    @property
    def count(self) -> int:
        """How many spells there were, those that are not listed too."""
        return len(self.spells) + self.spells_left_out

    @property
    def by_day(self) -> dict[str, int]:
        """How many of those listed were told on each day, in UTC, on which anything was logged."""
        return by_day(self.spells, {datetime.fromtimestamp(at, UTC).date() for at in self.heard})

    def each(self, span: timedelta) -> float | None:
        """Return how many spells there are in a `span` of covered time; None if that is shorter."""
        return self.count / (self.covered / span) if self.covered >= span else None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a backtest: the entries, and what each configuration made of them.

    `reasons` says why the invalid ones were, by count. None of both instants if nothing was read.
    """

    received: int
    duplicate: int
    reasons: Mapping[str, int]
    first_at: datetime | None
    last_at: datetime | None
    runs: Sequence[Run]

    @property
    def invalid(self) -> int:
        """How many entries could not be read."""
        return sum(self.reasons.values())


class Backtest:
    """Feeds entries to detection, once for each configuration; nothing is stored or sent.

    Time is that of the entries: it goes on when half of the latest ones have reached it, in steps
    of `tick`, which is at least a second.
    """

    def __init__(self, configurations: Sequence[Configuration], *, tick: timedelta = TICK) -> None:
        self._tick = tick
        self._runs = [_Running(configuration, tick) for configuration in configurations]
        self._clock = EventClock(configurations[0].thresholds)
        self._seen = SeenDigests()
        self._batch: list[LogEntry] = []
        self._received = self._duplicate = 0
        self._reasons: Counter[str] = Counter()
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None

    def feed(self, entries: Iterable[RawEntry]) -> None:
        """Take entries in; what `entries` raises comes through, what it had yielded is taken in."""
        for raw in entries:
            self._received += 1
            try:
                entry = LogEntry.parse(raw.raw, message_id=str(self._received))
            except InvalidLogEntry as error:
                self._reasons[error.reason] += 1
                continue
            if self._seen.has_seen(entry.digest):
                self._duplicate += 1
            else:
                self._take(entry)

    def finish(self) -> Result:
        """Judge what is left, and return what came of it all."""
        self._work_off()
        for run in self._runs:
            run.end(self._clock.latest_at)
        return Result(
            self._received,
            self._duplicate,
            dict(self._reasons.most_common()),
            self._first_at,
            self._last_at,
            [run.result() for run in self._runs],
        )

    def _take(self, entry: LogEntry) -> None:
        self._batch.append(entry)
        spanned = abs(entry.received_at - self._batch[0].received_at)
        if len(self._batch) >= _BATCH or spanned > self._tick:
            self._work_off()

    def _work_off(self) -> None:
        if not self._batch:
            return
        batch, self._batch = self._batch, []
        self._clock.hear(batch)
        self._clock.reach(self._clock.heard_at)
        instants = [entry.occurred_at for entry in batch]
        self._first_at = min([*instants, self._first_at or instants[0]])
        self._last_at = max([*instants, self._last_at or instants[0]])
        for run in self._runs:
            run.take_in(batch, self._clock.now)


@dataclass(slots=True)
class _Running:
    """One configuration, while entries come in."""

    configuration: Configuration
    tick: timedelta
    traces: Traces = field(default_factory=Traces)
    heard: set[int] = field(default_factory=set)
    due: set[datetime] = field(default_factory=set)
    watch: Watch = field(init=False)
    spells: Spells = field(init=False)
    readings: WindowReadings = field(init=False)

    def __post_init__(self) -> None:
        self.readings = WindowReadings(self._thresholds, self.traces.add)
        self.watch = Watch(self._thresholds, on_reading=self.readings.take)
        self.spells = Spells(timedelta(seconds=self._thresholds.window_seconds))

    def take_in(self, batch: Sequence[LogEntry], now: datetime) -> None:
        """Take in entries, then do what is due by `now`."""
        seconds = self._thresholds.window_seconds
        starts = {int(each.occurred_at.timestamp()) // seconds * seconds for each in batch}
        for start in starts - self.heard:
            self.due.add(self._judged_at(start))
        self.heard |= starts
        for anomaly in self.watch.take_in(batch):
            self.spells.add(anomaly, anomaly.detected_at)
        self._go_through(now)

    def end(self, latest_at: datetime) -> None:
        """Let time pass until all windows that had begun at `latest_at` are judged."""
        self._go_through(self._judged_at(int(latest_at.timestamp())))

    def result(self) -> Run:
        """Return what came of it."""
        return Run(
            self.configuration,
            self.spells.all(),
            self.spells.left_out,
            self.spells.anomalies,
            self.watch.late,
            self.traces,
            sorted(self.heard),
            self._readiness(),
        )

    def _readiness(self) -> list[SeriesReadiness]:
        states = self.watch.states.values()
        return sorted([each for s in states for each in readiness_of(s, self._thresholds)])

    @property
    def _thresholds(self) -> Thresholds:
        return self.configuration.thresholds

    def _judged_at(self, start: int) -> datetime:
        """Return the first tick at which a window that began at `start` can be judged."""
        over = start + self._thresholds.window_seconds + self._thresholds.allowed_lateness_seconds
        step = max(int(self.tick.total_seconds()), 1)
        return datetime.fromtimestamp(-(-over // step) * step, UTC)

    def _go_through(self, until: datetime) -> None:
        for now in sorted([at for at in self.due if at <= until]):
            self.due.discard(now)
            with self.readings.closing(self.watch.states.values(), now):
                found = self.watch.tick(now)
            for anomaly in found:
                self.spells.add(anomaly, now)
