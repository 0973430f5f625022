"""The sample export: three minutes of the sample shop, whose payments fail towards the end.

`python -m vigil.local.sample samples/shop.ndjson.gz` writes it. Time is simulated, so that it takes
seconds and gives the same entries each time.
"""

import asyncio
import gzip
import selectors
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import httpx
import orjson
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from vigil.local.shop import DEFAULT_PROJECT
from vigil.local.shop_app import ShopDoors, build_app
from vigil.local.shop_faults import Scenario, ShopFaults, break_something
from vigil.local.shop_load import DueRequest, schedule
from vigil.local.shop_log import Entry, ServedRequest, ShopLog
from vigil.local.shop_services import ShopServices
from vigil.ports import Clock

BEGINS_AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
LASTS = timedelta(minutes=3)
# Two windows to learn, and most of a third to stray.
BREAKS_AFTER = timedelta(minutes=2, seconds=10)
_ADDRESS = "http://shop.example"
_CHECKOUTS_PER_SECOND, _INVENTORY_PER_SECOND = 4.0, 2.0


def sample_entries() -> list[Entry]:
    """Return the sample's entries in the order in which they were logged."""
    entries: list[Entry] = []
    loop = _SimulatedLoop()
    try:
        loop.run_until_complete(_Simulation(loop.now, entries.append).run())
    finally:
        loop.close()
    return entries


def write_sample(path: Path) -> None:
    """Write the sample as JSON lines, compressed with gzip; the same bytes each time."""
    lines = b"".join(orjson.dumps(entry) + b"\n" for entry in sample_entries())
    path.write_bytes(gzip.compress(lines, mtime=0))


class _JumpingSelector(selectors.SelectSelector):
    """In place of waiting, it lets simulated time pass."""

    elapsed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.elapsed_seconds += timeout
        return ready


class _SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop in which nobody waits: time goes on to when something is due."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed_seconds

    def now(self) -> datetime:
        """Return what time it is in the sample."""
        return BEGINS_AT + timedelta(seconds=self.time())


class _SimulatedLog(ShopLog):
    """Logs how long a request took in simulated time."""

    def __init__(self, emit: Callable[[Entry], None], now: Clock) -> None:
        super().__init__(emit, project_id=DEFAULT_PROJECT, now=now)
        self._simulated_now = now

    def request(self, served: ServedRequest) -> None:
        super().request(replace(served, latency=self._simulated_now() - served.started_at))


class _Simulation:
    """The shop and its customers, in one process and without a network."""

    def __init__(self, now: Clock, emit: Callable[[Entry], None]) -> None:
        self._now = now
        self._log = _SimulatedLog(emit, now)
        self._faults = ShopFaults()
        self._shop = Starlette()

    async def run(self) -> None:
        """Return when the last customer has been answered."""
        transport = httpx.ASGITransport(self._call)
        async with httpx.AsyncClient(transport=transport, base_url=_ADDRESS) as client:
            services = ShopServices(self._faults, self._log, client=client, pause=_pause, seed=0)
            self._shop = build_app(ShopDoors(services, self._log, now=self._now), self._faults)
            async with asyncio.TaskGroup() as group:
                for due in _requests():
                    await self._wait_until(due)
                    group.create_task(client.request(due.method, due.path))

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The shop calls itself, so it is made after what calls it.
        await self._shop(scope, receive, send)

    async def _wait_until(self, due: DueRequest) -> None:
        elapsed = self._now() - BEGINS_AT
        await _pause(timedelta(seconds=due.after_seconds) - elapsed)
        if due.after_seconds >= BREAKS_AFTER.total_seconds():
            break_something(self._faults, Scenario.CASCADE)


def _requests() -> Iterator[DueRequest]:
    due = schedule(_CHECKOUTS_PER_SECOND, _INVENTORY_PER_SECOND)
    return takewhile(lambda request: request.after_seconds < LASTS.total_seconds(), due)


async def _pause(duration: timedelta) -> None:
    await asyncio.sleep(duration.total_seconds())


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
