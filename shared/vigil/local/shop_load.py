"""Customers of the sample shop: a gentle, even load of requests."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import NamedTuple, Self

import httpx

from vigil.local.loop_thread import LoopThread

CUSTOMERS_PATIENCE_SECONDS = 60.0


class DueRequest(NamedTuple):
    """A request and when to send it, in seconds after the beginning."""

    after_seconds: float
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What became of the requests so far; `cut_off` were under way when the load was stopped."""

    sent: int = 0
    succeeded: int = 0
    failed: int = 0
    unanswered: int = 0
    cut_off: int = 0


def schedule(checkouts_per_second: float, inventory_per_second: float) -> Iterator[DueRequest]:
    """Yield without end what to send, in the order of time; a rate of 0 sends none of its kind.

    The direct looks at the inventory come a quarter of their interval later, so that at the usual
    rates they do not fall together with checkouts.

    >>> [due.path for due in itertools.islice(schedule(2, 1), 5)]
    ['/checkout', '/inventory', '/checkout', '/checkout', '/inventory']
    """
    return heapq.merge(
        _evenly("POST", "/checkout", checkouts_per_second, offset=0),
        _evenly("GET", "/inventory", inventory_per_second, offset=0.25),
    )


def _evenly(method: str, path: str, per_second: float, *, offset: float) -> Iterator[DueRequest]:
    if per_second <= 0:
        return
    for number in itertools.count():
        yield DueRequest((number + offset) / per_second, method, path)


class ShopLoad:
    """Sends requests by schedule, from `start` to `stop` or while its `with` block lasts.

    A request is sent when it is due, however many are still waiting for their answers: a slow shop
    gets no fewer customers.
    """

    def __init__(
        self,
        address: str,
        *,
        checkouts_per_second: float = 4.0,
        inventory_per_second: float = 2.0,
    ) -> None:
        """Take the shop's address and the two rates."""
        self._address = address
        self._schedule = schedule(checkouts_per_second, inventory_per_second)
        self._thread = LoopThread("shop-load", self._drive)
        self.counts = LoadCounts()

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Return when nothing is sent any more; what was under way is cut off."""
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

    async def _drive(self, stopping: asyncio.Event) -> None:
        # No limit to connections: customers do not queue for one another.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        async with (
            httpx.AsyncClient(
                base_url=self._address,
                limits=limits,
                timeout=CUSTOMERS_PATIENCE_SECONDS,
                trust_env=False,
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            under_way = await self._send_all(client, group, stopping)
            for task in under_way:
                task.cancel()

    async def _send_all(
        self, client: httpx.AsyncClient, group: asyncio.TaskGroup, stopping: asyncio.Event
    ) -> set[asyncio.Task[None]]:
        """Send by schedule until told to stop; return what is under way then."""
        begun = time.monotonic()
        under_way: set[asyncio.Task[None]] = set()
        for due in self._schedule:
            if await _stopped_within(stopping, begun + due.after_seconds - time.monotonic()):
                break
            task = group.create_task(self._send(client, due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await stopping.wait()
        return set(under_way)

    async def _send(self, client: httpx.AsyncClient, due: DueRequest) -> None:
        self._count(sent=1)
        try:
            reply = await client.request(due.method, due.path)
        except httpx.TransportError:
            self._count(unanswered=1)
        except asyncio.CancelledError:
            self._count(cut_off=1)
            raise
        else:
            self._count(succeeded=int(reply.is_success), failed=int(not reply.is_success))

    def _count(self, **more: int) -> None:
        self.counts = replace(
            self.counts, **{name: getattr(self.counts, name) + n for name, n in more.items()}
        )


async def _stopped_within(stopping: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), max(seconds, 0))
    return stopping.is_set()
