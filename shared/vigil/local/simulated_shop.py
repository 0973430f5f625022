"""The sample shop in simulated time: hours of it pass in seconds, the same each time."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from vigil.local.shop import DEFAULT_PROJECT
from vigil.local.shop_app import ShopDoors, build_app
from vigil.local.shop_faults import ShopFaults
from vigil.local.shop_load import DueRequest
from vigil.local.shop_log import Entry, ServedRequest, ShopLog
from vigil.local.shop_services import ShopServices
from vigil.ports import Clock

_ADDRESS = "http://shop.example"


class _JumpingSelector(selectors.SelectSelector):
    """In place of waiting, it lets simulated time pass."""

    elapsed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.elapsed_seconds += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop in which nobody waits: time goes on to when something is due."""

    def __init__(self, begins_at: datetime) -> None:
        self._jumping = _JumpingSelector()
        self._begins_at = begins_at
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return how many simulated seconds have passed."""
        return self._jumping.elapsed_seconds

    def now(self) -> datetime:
        """Return what time it is in the simulation."""
        return self._begins_at + timedelta(seconds=self.time())


class SimulatedShop:
    """The shop without a network, in the time of a SimulatedLoop; `faults` breaks it.

    `seed` decides about jitter and which requests fail. Whoever waits has patience without end.
    """

    def __init__(self, emit: Callable[[Entry], None], now: Clock, *, seed: int = 0) -> None:
        self.faults = ShopFaults(seed)
        self._log = _SimulatedLog(emit, now)
        self._now = now
        self._seed = seed
        self._app = Starlette()

    async def serve(self, customers: Iterable[DueRequest]) -> None:
        """Send what is due, in order of time from now on; return when all have been answered."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with self._opened() as client, asyncio.TaskGroup() as group:
            for due in customers:
                await asyncio.sleep(begun + due.after_seconds - loop.time())
                group.create_task(client.request(due.method, due.path))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self._call)
        async with httpx.AsyncClient(transport=transport, base_url=_ADDRESS) as client:
            services = ShopServices(
                self.faults, self._log, client=client, pause=_pause, seed=self._seed
            )
            self._app = build_app(ShopDoors(services, self._log, now=self._now), self.faults)
            yield client

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The shop calls itself, so it is made after what calls it.
        await self._app(scope, receive, send)


class _SimulatedLog(ShopLog):
    """Logs how long a request took in simulated time."""

    def __init__(self, emit: Callable[[Entry], None], now: Clock) -> None:
        super().__init__(emit, project_id=DEFAULT_PROJECT, now=now)
        self._simulated_now = now

    def request(self, served: ServedRequest) -> None:
        super().request(replace(served, latency=self._simulated_now() - served.started_at))


async def _pause(duration: timedelta) -> None:
    await asyncio.sleep(duration.total_seconds())
