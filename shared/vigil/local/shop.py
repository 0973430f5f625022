"""The sample shop: services that call each other over HTTP, log, and can be broken."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

import httpx
from starlette.applications import Starlette

from vigil.local.free_port import LOOPBACK, address_of, listen_on
from vigil.local.loop_thread import LoopThread
from vigil.local.serving import serve_until
from vigil.local.shop_app import ShopDoors, build_app
from vigil.local.shop_faults import ShopFaults
from vigil.local.shop_log import Entry, ShopLog
from vigil.local.shop_services import CALL_TIMEOUT_SECONDS, ShopServices
from vigil.ports import Clock

DEFAULT_PORT = 5000
DEFAULT_PROJECT = "sample-shop"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Shop:
    """A running shop on `host`, from `start` to `stop` or while its `with` block lasts.

    It listens at `port`, or at a free one if that is taken: `address` says where once it has
    started. Each request's entries go to `emit` (see ShopLog). `faults` breaks it. When it is told
    to stop, whoever is waiting is let go at once, and what follows from that is not logged.
    """

    def __init__(  # noqa: PLR0913 - each has a default
        self,
        emit: Callable[[Entry], None],
        *,
        host: str = LOOPBACK,
        port: int = DEFAULT_PORT,
        project_id: str = DEFAULT_PROJECT,
        now: Clock = _utc_now,
        seed: int = 0,
    ) -> None:
        """Take the parts; `seed` decides about jitter and which requests fail."""
        self.faults = ShopFaults(seed)
        self._emit = emit
        self._project_id = project_id
        self._now = now
        self._seed = seed
        self._host = host
        self._port = port
        self._thread: LoopThread | None = None
        self.address = ""

    def start(self) -> None:
        """Return when the shop can be reached, at `address`."""
        listener = listen_on(self._port, self._host)
        self.address = address_of(listener)
        self._thread = LoopThread("sample-shop", partial(self._serve, listener))
        self._thread.start()

    def stop(self) -> None:
        """Return when the shop is closed and its port is free."""
        if self._thread is not None:
            self._thread.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def _serve(self, listener: socket.socket, stopping: asyncio.Event) -> None:
        async with httpx.AsyncClient(
            base_url=self.address, timeout=CALL_TIMEOUT_SECONDS, trust_env=False
        ) as client:
            app = self._app(client, stopping)
            await serve_until(app, listener, stopping)

    def _app(self, client: httpx.AsyncClient, stopping: asyncio.Event) -> Starlette:
        log = ShopLog(
            partial(_emit_unless, stopping, self._emit), project_id=self._project_id, now=self._now
        )
        services = ShopServices(
            self.faults, log, client=client, pause=partial(_pause, stopping), seed=self._seed
        )
        return build_app(ShopDoors(services, log, now=self._now), self.faults)


async def _pause(stopping: asyncio.Event, duration: timedelta) -> None:
    """Wait for `duration`, or until the shop is told to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), duration.total_seconds())


def _emit_unless(stopping: asyncio.Event, emit: Callable[[Entry], None], entry: Entry) -> None:
    # A shop that is closing lets its own calls down, which is no failure that anybody should see.
    if not stopping.is_set():
        emit(entry)
