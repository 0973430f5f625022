"""Some services with their endpoints, jobs, deployments and a bot, all of them well; by seed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from tests.benchmarks.healthy_traffic import (
    USUAL,
    Endpoint,
    EndpointTraffic,
    Strain,
    poisson,
    rhythm,
    word,
)
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series

# A Monday, so that the first week has its weekend at its end.
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SERVICES = ("web", "cart", "checkout", "payment", "search", "mail", "stock", "profile")
_WITH_JOBS = ("payment", "mail", "stock")
_SCANNED = "web"
LINES, BOT = "lines", "bot"

Strains = Callable[[str, str, datetime], Strain]


def no_strain(_service: str, _kind: str, _at: datetime) -> Strain:
    """Return what bears on healthy endpoints: nothing else."""
    return USUAL


def endpoints_of(service: str, place: int) -> list[Endpoint]:
    """Return the endpoints of a service, the `place`-th of all: busy, steady, and hardly used."""
    scale = 0.6 + 0.2 * place
    endpoints = [
        Endpoint("GET /items/{id}", "busy", 20 * scale, 0.01, 60 + 10 * place, 0.5),
        Endpoint("GET /items", "steady", 6 * scale, 0.0005, 120 + 20 * place, 0.4),
        Endpoint("POST /orders", "steady", 3 * scale, 0.03, 250 + 30 * place, 0.6),
        Endpoint("PUT /settings", "hourly", 3 / 60, 0.02, 90, 0.5),
        Endpoint("POST /exports", "daily", 20 / 1440, 0.1, 900, 0.7),
    ]
    if service in _WITH_JOBS:
        endpoints.append(Endpoint("POST /jobs/settle", "job", 60.0, 0.005, 40, 0.4))
    return endpoints


class HealthyService:
    """One service's entries, a minute at a time; each minute has to be asked for in order."""

    def __init__(self, name: str, place: int, seed: str, strains: Strains) -> None:
        self.name = name
        self._phase = place * 0.4 - 1.5
        self._strains = strains
        self._chance = Random(f"{seed} {name}")
        self._endpoints = [EndpointTraffic(name, each, seed) for each in endpoints_of(name, place)]
        self._lines = EndpointTraffic(name, Endpoint("", LINES, 6.0), seed)
        self._deployed_at = BEGIN
        self._news: list[str] = []

    @property
    def kinds(self) -> Mapping[Series, str]:
        """The kind of each of its series, of those that are known beforehand."""
        known = {
            Series(self.name, each.endpoint.name): each.endpoint.kind for each in self._endpoints
        }
        return known | {Series(self.name, ""): LINES}

    def minute(self, at: datetime) -> Iterator[LogEntry]:
        """Yield what it logs in the minute that begins at `at`."""
        if at.hour == at.minute == 0:
            self._plan_deployment(at)
        load = rhythm(at, self._phase) * (0.4 if at == self._deployed_at else 1.0)
        failed = 0
        for traffic in self._endpoints:
            strain = self._strains(self.name, traffic.endpoint.kind, at)
            for request in traffic.requests(at, self._load_of(traffic, load, at), strain):
                failed += request.failed
                yield request
        yield from self._written(at, load, failed)
        yield from self._deployment(at)
        if self.name == _SCANNED and self._chance.random() < 8 / 1440:
            yield from self._lines.scan(at, self._chance.randrange(5, 40))

    def _load_of(self, traffic: EndpointTraffic, load: float, at: datetime) -> float:
        """A job runs for three minutes at each full hour, and for twenty in the night."""
        if traffic.endpoint.kind != "job":
            return load
        nightly = at.hour == 2 and at.minute < 20
        return 2.0 if nightly else float(at.minute < 3)

    def _written(self, at: datetime, load: float, failed: int) -> Iterator[LogEntry]:
        """Yield the lines of usual work, one for each request that failed, and lone retries."""
        chance, lines = self._chance, self._lines
        for _ in range(poisson(chance, lines.endpoint.per_minute * load)):
            yield lines.line(at, *self._usual_line())
        for _ in range(failed):
            waited = chance.randrange(1000, 3000)
            text = f"request {chance.getrandbits(64):016x} failed: no answer in {waited} ms"
            yield lines.line(at, LogSeverity.ERROR, text)
        if chance.random() < 1 / 240:
            text = f"publishing {chance.randrange(10**6)} again: connection reset by peer"
            yield lines.line(at, LogSeverity.ERROR, text)

    def _usual_line(self) -> tuple[LogSeverity, str]:
        number, drawn = self._chance.randrange(10**6), self._chance.random()
        if drawn < 0.6:
            return LogSeverity.INFO, f"handled item {number} in {number % 977} ms"
        if drawn < 0.9:
            return LogSeverity.INFO, f"cache refreshed, {number} keys, {number % 31} evicted"
        if drawn < 0.98 or not self._news:
            return LogSeverity.WARNING, f"slow query on table items took {number % 9000} ms"
        return LogSeverity.INFO, f"{self._chance.choice(self._news)} for {number} is on"

    def _plan_deployment(self, at: datetime) -> None:
        """Plan one a working day, at an hour at which people work."""
        if at.weekday() < 5:
            self._deployed_at = at + MINUTE * self._chance.randrange(9 * 60, 17 * 60)

    def _deployment(self, at: datetime) -> Iterator[LogEntry]:
        """Yield new lines of code that has just started, and its first attempts that failed."""
        minutes = (at - self._deployed_at) // MINUTE
        if minutes == 0:
            self._news = [f"the {word(self._chance)} of {word(self._chance)}" for _ in range(3)]
            yield self._lines.line(at, LogSeverity.INFO, f"started, version {word(self._chance)}")
        if 0 <= minutes < 3 and self._deployed_at > BEGIN:
            text = f"{word(self._chance)} does not answer {word(self._chance)} yet, trying again"
            yield self._lines.line(at, LogSeverity.ERROR, text)


class HealthyPlatform:
    """All SERVICES; `strains` says what bears on which kind of endpoint of which service, when."""

    def __init__(self, seed: int, strains: Strains = no_strain) -> None:
        self._services = [
            HealthyService(name, place, f"{seed}", strains) for place, name in enumerate(SERVICES)
        ]
        self.kinds = {
            series: kind for each in self._services for series, kind in each.kinds.items()
        }

    def minute(self, at: datetime) -> list[LogEntry]:
        """Return what all services log in the minute that begins at `at`, in no order of time."""
        return [entry for service in self._services for entry in service.minute(at)]
