"""A push subscription as Pub/Sub has them: what is not acknowledged is pushed again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})
_PAUSE_SECONDS = 0.05
_DEADLINE_SECONDS = 30.0


@dataclass
class PushSubscription:
    """Pushes messages to `address`, `at_once` at a time, until each is acknowledged.

    Each push has a connection of its own. `answers` keeps how each attempt ended, 0 for no answer.
    `on_answer` is told how many messages have been acknowledged.
    """

    address: str
    at_once: int = 1000
    on_answer: Callable[[int], None] = lambda acknowledged: None
    answers: dict[str, list[int]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)

    def deliver(self, bodies: Mapping[str, bytes]) -> None:
        """Return when every message, by its id, has been acknowledged."""
        asyncio.run(self._deliver(bodies))

    async def _deliver(self, bodies: Mapping[str, bytes]) -> None:
        turns = asyncio.Semaphore(self.at_once)
        async with asyncio.timeout(_DEADLINE_SECONDS), asyncio.TaskGroup() as pushes:
            for name, body in bodies.items():
                pushes.create_task(self._push_until_acknowledged(turns, name, body))

    async def _push_until_acknowledged(
        self, turns: asyncio.Semaphore, name: str, body: bytes
    ) -> None:
        statuses = self.answers.setdefault(name, [])
        while name not in self.acknowledged:
            if statuses:
                await asyncio.sleep(_PAUSE_SECONDS)
            async with turns:
                statuses.append(await self._push(body))
            if statuses[-1] in _ACKNOWLEDGED:
                self.acknowledged.add(name)
            self.on_answer(len(self.acknowledged))

    async def _push(self, body: bytes) -> int:
        to = urlsplit(self.address)
        head = (
            f"POST {to.path or '/'} HTTP/1.1\r\nHost: {to.netloc}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            reader, writer = await asyncio.open_connection(to.hostname, to.port)
            try:
                writer.write(head.encode() + body)
                status_line = await reader.readline()
            finally:
                writer.close()
        except OSError:
            return 0
        return int(status_line.split()[1]) if status_line else 0
