"""A proxy between Pub/Sub's pushes and the functions, which lets one in a hundred go wrong."""

import asyncio
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from vigil.local.free_port import address_of, listen_on
from vigil.local.loop_thread import LoopThread
from vigil.local.plain_post import post_json

_MESSAGE_ID = re.compile(rb'"messageId":"([^"]+)"')
_HEARTBEAT = b'"event_type":"heartbeat"'
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_FAILED, _UNREACHED = 500, 502
_POLL_SECONDS = 0.05
# Which of two hundred pushes of a function go wrong; the first ones early, for those with few.
_REFUSED_AT, _LOST_AT, _EVERY = 10, 30, 200


class PushProxy:
    """Passes pushes to `/{function}/path` on to `functions`, while its `with` block lasts.

    Half of what goes wrong is refused before the function sees it. The other half is done by the
    function, and its reply is replaced by a failure.
    """

    def __init__(self) -> None:
        self.functions: Mapping[str, str] = {}
        self.faults: dict[str, Counter[str]] = defaultdict(Counter)
        self.pushes: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        # Entries that have reached batch_logs, each as often as it has.
        self.entries_passed_on = 0
        self._entries_taken: set[bytes] = set()
        self._open: set[tuple[str, bytes]] = set()
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._listener = listen_on(0)
        self._thread = LoopThread("push-proxy", self._serve)

    def endpoint(self, function: str, path: str) -> str:
        """Return where pushes for a function are to go."""
        return f"{address_of(self._listener)}/{function}{path}"

    @contextmanager
    def holding(self, function: str) -> Iterator[None]:
        """Hold new pushes back while the block lasts, as Cloud Run does until an instance is up."""
        self._held.add(function)
        try:
            yield
        finally:
            self._held.discard(function)

    def is_busy(self, function: str) -> bool:
        """Whether the function is at work on a push."""
        return self._under_way[function] > 0

    @property
    def waiting(self) -> int:
        """How many messages were pushed and have never been acknowledged."""
        with self._lock:
            return len(self._open)

    @property
    def entries_taken(self) -> int:
        """How many entries were acknowledged."""
        with self._lock:
            return len(self._entries_taken)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.stop()

    async def _serve(self, stopping: asyncio.Event) -> None:
        server = await asyncio.start_server(self._converse, sock=self._listener)
        async with server:
            await stopping.wait()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                _, function, path = head.split(b" ", 2)[1].decode().split("/", 2)
                status = await self._push(function, f"/{path}", body)
                writer.write(b"HTTP/1.1 %d Passed\r\nContent-Length: 0\r\n\r\n" % status)
                await writer.drain()
                if _CLOSING.search(head):
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            # Who pushes has closed the connection, or all is over.
            return
        finally:
            writer.close()

    async def _push(self, function: str, path: str, body: bytes) -> int:
        match = _MESSAGE_ID.search(body)
        assert match, "no push of Pub/Sub"
        number = self.pushes[function] = self.pushes[function] + 1
        with self._lock:
            self._open.add((function, match[1]))
        if number % _EVERY == _REFUSED_AT:
            return self._failed(function, "refused")
        is_entry = function == "batch_logs" and path == "/" and _HEARTBEAT not in body
        self.entries_passed_on += is_entry
        while function in self._held:
            await asyncio.sleep(_POLL_SECONDS)
        self._under_way[function] += 1
        status = await post_json(f"{self.functions[function]}{path}", body) or _UNREACHED
        self._under_way[function] -= 1
        if number % _EVERY == _LOST_AT:
            return self._failed(function, "reply lost")
        if status >= 300:
            self.faults[function][f"answered {status}"] += 1
        else:
            self._done(function, match[1], is_entry=is_entry)
        return status

    def _failed(self, function: str, how: str) -> int:
        self.faults[function][how] += 1
        return _FAILED

    def _done(self, function: str, message_id: bytes, *, is_entry: bool) -> None:
        with self._lock:
            self._open.discard((function, message_id))
            if is_entry:
                self._entries_taken.add(message_id)
