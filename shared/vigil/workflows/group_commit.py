"""Group commit: concurrent requests share a batch, and are answered when it is durable."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.errors import InvalidLogEntry
from vigil.logs.push_message import PushMessage
from vigil.workflows.batch_logs import HEARTBEAT, BatchLogs, Buffer


@dataclass(slots=True)
class _Waiting:
    """The requests whose entries lie in one buffer, and the timer that ends their waiting."""

    buffer: Buffer
    timer: asyncio.TimerHandle
    requests: list[asyncio.Future[None]] = field(default_factory=list)


class GroupCommit:
    """Takes pushes on one event loop; each returns when the batch with its entry is published.

    So nothing that was acknowledged lives only in memory (FAULTS C02). If publishing fails, every
    request of the batch raises and is redelivered.
    """

    def __init__(self, batch_logs: BatchLogs) -> None:
        self._batch_logs = batch_logs
        self._waiting: dict[int, _Waiting] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def take(self, push: PushMessage) -> None:
        """Return when the entry in `push` is safe in a batch, or accounted for as unusable.

        A heartbeat is no entry: it is sent on at once.
        """
        if push.attributes.get("event_type") == HEARTBEAT:
            await asyncio.to_thread(self._batch_logs.pass_on, push.attributes)
            return
        await self._safe(
            self._batch_logs.take(
                push.data,
                size_bytes=len(push.data),
                received_at=push.published_at,
                message_id=push.message_id,
            )
        )

    async def take_body(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Take the body of a push request, whatever it is; one that is no push is accounted for.

        It is not refused: it would come again and again, and be no better (FAULTS A06).
        """
        try:
            push = PushMessage.parse(body, headers)
        except InvalidLogEntry as error:
            await self._safe(self._batch_logs.reject(error.reason, size_bytes=len(body)))
        else:
            await self.take(push)

    async def _safe(self, buffer: Buffer) -> None:
        waiting = self._waiting.get(id(buffer)) or self._open(buffer)
        request = asyncio.get_running_loop().create_future()
        waiting.requests.append(request)
        if buffer.is_full(self._batch_logs.limits):
            self._flush(buffer)
        elif self._held() >= self._batch_logs.limits.max_held:
            for each in list(self._waiting.values()):
                self._flush(each.buffer)
        await request

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
        task = asyncio.get_running_loop().create_task(self._send(buffer, waiting.requests))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, buffer: Buffer, requests: list[asyncio.Future[None]]) -> None:
        try:
            await asyncio.to_thread(self._batch_logs.send, buffer)
        except Exception as error:
            # Each request raises it, and so its entry is redelivered.
            for request in requests:
                if not request.done():
                    request.set_exception(error)
            return
        for request in requests:
            if not request.done():
                request.set_result(None)
