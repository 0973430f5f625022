"""The sample shop in simulated time: hours of it pass in seconds, the same each time."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from vigil.local.shop import DEFAULT_PROJECT
from vigil.local.shop_app import ShopDoors, build_app
from vigil.local.shop_faults import ShopFaults
from vigil.local.shop_load import CUSTOMERS_PATIENCE_SECONDS, DueRequest
from vigil.local.shop_log import Entry, ServedRequest, ShopLog
from vigil.local.shop_services import CALL_TIMEOUT_SECONDS, ShopServices
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

    `seed` decides about jitter and which requests fail.
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
                group.create_task(_visit(client, due))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = _Impatient(httpx.ASGITransport(self._call))
        async with httpx.AsyncClient(
            transport=transport, base_url=_ADDRESS, timeout=CALL_TIMEOUT_SECONDS
        ) as client:
            services = ShopServices(
                self.faults, self._log, client=client, pause=_pause, seed=self._seed
            )
            self._app = build_app(ShopDoors(services, self._log, now=self._now), self.faults)
            yield client

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The shop calls itself, so it is made after what calls it.
        await self._app(scope, receive, send)


class _Impatient(httpx.AsyncBaseTransport):
    """Gives up on an answer that takes too long; whoever answers goes on, as behind a network."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._answering: set[asyncio.Task[httpx.Response]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = asyncio.create_task(self._inner.handle_async_request(request))
        self._answering.add(answer)
        answer.add_done_callback(self._answering.discard)
        done, _ = await asyncio.wait([answer], timeout=request.extensions["timeout"]["read"])
        if not done:
            raise httpx.ReadTimeout("the answer took too long", request=request)
        return answer.result()

    async def aclose(self) -> None:
        """Return when all has been answered, whether anybody waited for it or not."""
        await asyncio.gather(*self._answering)


async def _visit(client: httpx.AsyncClient, due: DueRequest) -> None:
    # A customer who has waited in vain goes away.
    with suppress(httpx.TransportError):
        await client.request(due.method, due.path, timeout=CUSTOMERS_PATIENCE_SECONDS)


class _SimulatedLog(ShopLog):
    """Logs how long a request took in simulated time."""

    def __init__(self, emit: Callable[[Entry], None], now: Clock) -> None:
        super().__init__(emit, project_id=DEFAULT_PROJECT, now=now)
        self._simulated_now = now

    def request(self, served: ServedRequest) -> None:
        super().request(replace(served, latency=self._simulated_now() - served.started_at))


async def _pause(duration: timedelta) -> None:
    await asyncio.sleep(duration.total_seconds())
