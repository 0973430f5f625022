"""Healthy traffic of one endpoint, and of the lines that a service writes beside it; by seed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity

_SECOND = timedelta(seconds=1)
_SWING = math.log(10.0) / 2  # between the quietest hour and the busiest: ten times
_MEAN_OF_SWING = 1.36  # of exp(_SWING x cos), over a day
_WEEKEND = (5, 6)
_EXACT_POISSON = 30.0
_SYLLABLES = tuple(first + vowel for first in "bdfghklmnprstvwxz" for vowel in "aeiou")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it usually is: on average so many requests a minute, of which so many fail."""

    name: str
    kind: str
    per_minute: float
    error_rate: float = 0.005
    latency_ms: float = 80.0
    spread: float = 0.5


@dataclass(frozen=True, slots=True)
class Strain:
    """What else bears on an endpoint in a minute: factors of what is usual, and added failures."""

    volume: float = 1.0
    latency: float = 1.0
    errors: float = 1.0
    failing: int = 0


USUAL = Strain()


@dataclass(slots=True)
class Breath:
    """A factor around one which wanders: the exponential of an autoregressive process."""

    chance: Random
    spread: float
    minutes: float
    level: float = 0.0

    def next(self) -> float:
        """Return the factor of the next minute."""
        kept = math.exp(-1.0 / self.minutes)
        self.level = kept * self.level + self.chance.gauss(
            0.0, self.spread * math.sqrt(1 - kept**2)
        )
        return math.exp(self.level - self.spread**2 / 2)


def rhythm(at: datetime, phase_hours: float) -> float:
    """Return how busy it is, 1.0 on average over a working day; half of that on a weekend."""
    hour = at.hour + at.minute / 60 - 15.0 - phase_hours
    day = math.exp(_SWING * math.cos(math.tau * hour / 24)) / _MEAN_OF_SWING
    return day * (0.5 if at.weekday() in _WEEKEND else 1.0)


def poisson(chance: Random, mean: float) -> int:
    """Return a count by Poisson; above _EXACT_POISSON by its normal approximation."""
    if mean > _EXACT_POISSON:
        return max(round(chance.gauss(mean, math.sqrt(mean))), 0)
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def word(chance: Random) -> str:
    """Return a word that nobody has written before, most likely."""
    return "".join([chance.choice(_SYLLABLES) for _ in range(5)])


class EndpointTraffic:
    """The requests of one endpoint, a minute at a time; each minute has to be asked for in order.

    Arrivals are Poisson around a rate that breathes, latencies log-normal around a median that
    rises a little with load and drifts over days; one request in 3,000 is slow for no reason.
    """

    def __init__(self, service: str, endpoint: Endpoint, seed: str) -> None:
        self.service, self.endpoint = service, endpoint
        self._chance = Random(f"{seed} {service} {endpoint.name}")
        self._digests = self._chance.getrandbits(40) << 24
        self._volume = Breath(self._chance, 0.1, 30.0)
        self._errors = Breath(self._chance, 0.5, 90.0)
        self._drift = Breath(self._chance, 0.1, 4000.0)
        self._jitter = 0.15 if endpoint.per_minute > 1 else 0.0

    def requests(self, at: datetime, load: float, strain: Strain = USUAL) -> Iterator[LogEntry]:
        """Yield those of the minute that begins at `at`, in no order of time."""
        chance, usual = self._chance, self.endpoint
        breath = self._volume.next() * math.exp(chance.gauss(0.0, self._jitter))
        count = poisson(chance, usual.per_minute * load * breath * strain.volume)
        error_rate = min(usual.error_rate * self._errors.next() * strain.errors, 1.0)
        median_ms = usual.latency_ms * self._drift.next() * (0.85 + 0.15 * load) * strain.latency
        level = math.log(median_ms * 1000)
        for number in range(count + strain.failing):
            failed = number >= count or chance.random() < error_rate
            latency = chance.lognormvariate(level, usual.spread)
            if chance.random() < 1 / 3000:
                latency *= chance.uniform(10, 40)
            yield self._request(usual.name, at, 500 if failed else 200, round(latency))

    def scan(self, at: datetime, count: int) -> Iterator[LogEntry]:
        """Yield what a bot asks for in this minute: paths that are not there."""
        for _ in range(count):
            yield self._request(f"GET /{word(self._chance)}", at, 404, 2000)

    def _request(self, name: str, at: datetime, status: int, latency_us: int) -> LogEntry:
        severity = LogSeverity.ERROR if status >= 500 else LogSeverity.INFO
        entry = self._entry(at, name, severity, f"{name} {status}")
        return replace(entry, log_id="requests", status=status, latency_us=latency_us)

    def line(self, at: datetime, severity: LogSeverity, message: str) -> LogEntry:
        """Return a line of the service's code at some time of the minute."""
        return self._entry(at, "", severity, message)

    def _entry(self, at: datetime, endpoint: str, severity: LogSeverity, message: str) -> LogEntry:
        self._digests += 1
        when = at + _SECOND * (60 * self._chance.random())
        return LogEntry(
            f"{self._digests:016x}",
            "shop-project",
            "stdout",
            self.service,
            endpoint,
            when,
            when,
            severity,
            message,
            failed=severity >= LogSeverity.ERROR,
        )
