"""The sample shop, broken for a while, watched by a whole installation in simulated time."""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge

from tests.builders import NOON
from tests.vigil_in_memory import VigilInMemory
from vigil.local.shop import DEFAULT_PROJECT
from vigil.local.shop_faults import ShopFaults
from vigil.local.shop_load import DueRequest
from vigil.local.shop_log import Entry
from vigil.local.shop_services import SERVICES
from vigil.local.simulated_shop import SimulatedLoop, SimulatedShop
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.notification import Transition
from vigil.model.series import Series
from vigil.model.tenant import Project
from vigil.stores.queries import ANOMALIES, INCIDENTS

# Requests a second of customers, who come by chance.
_CUSTOMERS: Mapping[str, float] = {"checkout": 1.0, "search": 1.0, "inventory": 0.5, "health": 0.2}
_BATCH_SECONDS = 2.0
_BATCHES_A_TICK = 30
_OPENS_AT = NOON


@dataclass(frozen=True, slots=True)
class Breakage:
    """What is wrong with one place of the shop, from `begins` after the opening on."""

    place: str
    begins: timedelta
    lasts: timedelta
    delay: timedelta = timedelta(0)
    error_rate: float = 0.0

    @property
    def series(self) -> Series:
        """The series that is the root cause."""
        service = SERVICES[self.place]
        return Series(service.log_name, f"{service.method} /{service.name}")

    @property
    def at(self) -> datetime:
        """When it begins."""
        return _OPENS_AT + self.begins

    def strike(self, faults: ShopFaults) -> None:
        """Break it."""
        faults.delay(self.place, self.delay)
        faults.fail(self.place, self.error_rate)

    def mend(self, faults: ShopFaults) -> None:
        """Repair it."""
        faults.delay(self.place, timedelta(0))
        faults.fail(self.place, 0.0)

    def __str__(self) -> str:
        slow = f" +{self.delay.total_seconds():.1f} s" if self.delay else ""
        fails = f" {self.error_rate:.0%} fail" if self.error_rate else ""
        return f"{self.place}{slow}{fails}"


@dataclass(frozen=True, slots=True)
class Page:
    """When somebody was told that an alert opened, and its title, which names the root cause."""

    at: datetime
    title: str


@dataclass(slots=True)
class Aftermath:
    """What the installation made of it."""

    anomalies: list[Anomaly] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    @property
    def roots(self) -> list[Series]:
        """The root cause of each incident, the first to be detected first."""
        return [Series(i.root_cause.service, i.root_cause.endpoint) for i in self.incidents]


def run_shop(breakages: Sequence[Breakage], *, lasts: timedelta, seed: int) -> Aftermath:
    """Open the shop for so long, break and mend it meanwhile, and return what came of it.

    Entries come in batches of two seconds, so that traces are cut, and there is a tick each minute
    as in a deployment.
    """
    with VigilInMemory() as vigil, closing(SimulatedLoop(_OPENS_AT)) as loop:
        vigil.registry.give_project(Project(DEFAULT_PROJECT, vigil.store.tenant_id, _OPENS_AT))
        return loop.run_until_complete(_Watched(vigil, loop, seed).run(breakages, lasts))


class _Watched:
    """The shop, its customers, and who watches it."""

    def __init__(self, vigil: VigilInMemory, loop: SimulatedLoop, seed: int) -> None:
        self._vigil = vigil
        self._loop = loop
        self._logged: list[Entry] = []
        self._shop = SimulatedShop(self._logged.append, loop.now, seed=seed)
        self._seed = seed
        self._aftermath = Aftermath()

    async def run(self, breakages: Sequence[Breakage], lasts: timedelta) -> Aftermath:
        for each in breakages:
            begins = each.begins.total_seconds()
            self._loop.call_later(begins, each.strike, self._shop.faults)
            ends = begins + each.lasts.total_seconds()
            self._loop.call_later(ends, each.mend, self._shop.faults)
        watching = asyncio.create_task(self._watch())
        await self._shop.serve(customers(lasts, self._seed))
        watching.cancel()
        stored = self._vigil.store.incidents.query(INCIDENTS)
        standing = [i.value for i in stored if i.value.status is not IncidentStatus.MERGED]
        self._aftermath.incidents = standing[::-1]
        found = self._vigil.store.anomalies.query(ANOMALIES)
        self._aftermath.anomalies = [each.value for each in found][::-1]
        return self._aftermath

    async def _watch(self) -> None:
        batches = 0
        while True:
            await asyncio.sleep(_BATCH_SECONDS)
            batches += 1
            self._take_in(is_tick=batches % _BATCHES_A_TICK == 0)

    def _take_in(self, *, is_tick: bool) -> None:
        vigil, told = self._vigil, len(self._vigil.notifier.sent)
        vigil.clock.now = max(vigil.clock.now, self._loop.now())
        vigil.receive(self._logged)
        self._logged.clear()
        vigil.deliver()
        if is_tick:
            vigil.tick()
        opened = [m for _, m in vigil.notifier.sent[told:] if m.transition is Transition.OPENED]
        self._aftermath.pages += [Page(vigil.clock.now, m.title) for m in opened]


def customers(lasts: timedelta, seed: int) -> Iterator[DueRequest]:
    """Yield what customers ask for until the shop closes, in order of time."""
    return merge(*(_arrivals(name, rate, lasts, seed) for name, rate in _CUSTOMERS.items()))


def _arrivals(name: str, rate: float, lasts: timedelta, seed: int) -> Iterator[DueRequest]:
    chance = random.Random(f"{seed} {name}")
    after = chance.expovariate(rate)
    while after < lasts.total_seconds():
        yield DueRequest(after, SERVICES[name].method, f"/{name}")
        after += chance.expovariate(rate)
