"""Group commit: concurrent requests share a batch, and are answered when it is durable."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from vigil.errors import InvalidLogEntry
from vigil.logs.push_message import PushMessage
from vigil.workflows.batch_logs import HEARTBEAT, BatchLogs, Buffer

Request = asyncio.Future[None]


class _Arrived(NamedTuple):
    """A push as it came, and the request that waits for it."""

    body: bytes
    headers: Mapping[str, str]
    request: Request


@dataclass(slots=True)
class _Waiting:
    """The requests whose entries lie in one buffer, and the timer that ends their waiting."""

    buffer: Buffer
    timer: asyncio.TimerHandle
    requests: list[Request] = field(default_factory=list)


class GroupCommit:
    """Takes pushes on one event loop; each returns when the batch with its entry is published.

    So nothing that was acknowledged lives only in memory (FAULTS C02). If publishing fails, every
    request of the batch raises and is redelivered.
    """

    def __init__(self, batch_logs: BatchLogs) -> None:
        self._batch_logs = batch_logs
        self._arrived: list[_Arrived] = []
        self._waiting: dict[int, _Waiting] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def take(self, push: PushMessage) -> None:
        """Return when the entry in `push` is safe in a batch, or accounted for as unusable.

        A heartbeat is no entry: it is sent on at once.
        """
        request = asyncio.get_running_loop().create_future()
        self._take(push, request)
        await request

    async def take_body(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Take the body of a push request, whatever it is; one that is no push is accounted for.

        It is not refused: it would come again and again, and be no better (FAULTS A06).
        """
        loop = asyncio.get_running_loop()
        request = loop.create_future()
        if not self._arrived:
            loop.call_soon(self._read_arrived)
        self._arrived.append(_Arrived(body, headers, request))
        await request

    def _read_arrived(self) -> None:
        """Read what came in one turn of the loop.

        One after the other they cost less than each amid its request: the same code is still at
        hand for the next.
        """
        arrived, self._arrived = self._arrived, []
        for each in arrived:
            # Whoever went away was not answered, and comes again.
            if each.request.done():
                continue
            try:
                self._read(each)
            except Exception as error:
                each.request.set_exception(error)

    def _read(self, arrived: "_Arrived") -> None:
        try:
            push = PushMessage.parse(arrived.body, arrived.headers)
        except InvalidLogEntry as error:
            size = len(arrived.body)
            self._wait(self._batch_logs.reject(error.reason, size_bytes=size), arrived.request)
        else:
            self._take(push, arrived.request)

    def _take(self, push: PushMessage, request: Request) -> None:
        if push.attributes.get("event_type") == HEARTBEAT:
            self._start(partial(self._batch_logs.pass_on, push.attributes), [request])
            return
        buffer = self._batch_logs.take(
            push.data,
            size_bytes=len(push.data),
            received_at=push.published_at,
            message_id=push.message_id,
        )
        self._wait(buffer, request)

    def _wait(self, buffer: Buffer, request: Request) -> None:
        """Answer the request when the buffer is safe."""
        waiting = self._waiting.get(id(buffer)) or self._open(buffer)
        waiting.requests.append(request)
        if buffer.is_full(self._batch_logs.limits):
            self._flush(buffer)
        elif self._held() >= self._batch_logs.limits.max_held:
            for each in list(self._waiting.values()):
                self._flush(each.buffer)

    def _held(self) -> int:
        return sum(len(waiting.requests) for waiting in self._waiting.values())

    def _open(self, buffer: Buffer) -> _Waiting:
        linger = self._batch_logs.limits.linger.total_seconds()
        timer = asyncio.get_running_loop().call_later(linger, self._flush, buffer)
        self._waiting[id(buffer)] = _Waiting(buffer, timer)
        return self._waiting[id(buffer)]

    def _flush(self, buffer: Buffer) -> None:
        waiting = self._waiting.pop(id(buffer))
        waiting.timer.cancel()
        self._batch_logs.close(buffer)
        self._start(partial(self._batch_logs.send, buffer), waiting.requests)

    def _start(self, send: Callable[[], None], requests: list[Request]) -> None:
        task = asyncio.get_running_loop().create_task(self._send(send, requests))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, send: Callable[[], None], requests: list[Request]) -> None:
        try:
            await asyncio.to_thread(send)
        except Exception as error:
            # Each request raises it, and so its entry is redelivered.
            for request in requests:
                if not request.done():
                    request.set_exception(error)
            return
        for request in requests:
            if not request.done():
                request.set_result(None)
