"""A push subscription as Pub/Sub has them: what is not acknowledged is pushed again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

_ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})
_PAUSE_SECONDS = 0.05
_DEADLINE_SECONDS = 30.0


@dataclass
class PushSubscription:
    """Pushes messages to `address`, `at_once` at a time, until each is acknowledged.

    `answers` keeps how each attempt ended, 0 for no answer. `on_answer` is told how many messages
    have been acknowledged.
    """

    address: str
    at_once: int = 1000
    on_answer: Callable[[int], None] = lambda acknowledged: None
    answers: dict[str, list[int]] = field(default_factory=dict)

    @property
    def acknowledged(self) -> set[str]:
        """The ids of the messages that were acknowledged."""
        return {name for name, statuses in self.answers.items() if _ACKNOWLEDGED & {*statuses}}

    def deliver(self, bodies: Mapping[str, bytes]) -> None:
        """Return when every message, by its id, has been acknowledged."""
        asyncio.run(self._deliver(bodies))

    async def _deliver(self, bodies: Mapping[str, bytes]) -> None:
        limits = httpx.Limits(max_connections=self.at_once)
        async with (
            asyncio.timeout(_DEADLINE_SECONDS),
            httpx.AsyncClient(limits=limits, trust_env=False, timeout=_DEADLINE_SECONDS) as client,
            asyncio.TaskGroup() as pushes,
        ):
            for name, body in bodies.items():
                pushes.create_task(self._push_until_acknowledged(client, name, body))

    async def _push_until_acknowledged(
        self, client: httpx.AsyncClient, name: str, body: bytes
    ) -> None:
        statuses = self.answers.setdefault(name, [])
        while not _ACKNOWLEDGED & {*statuses}:
            if statuses:
                await asyncio.sleep(_PAUSE_SECONDS)
            statuses.append(await self._push(client, body))
            self.on_answer(len(self.acknowledged))

    async def _push(self, client: httpx.AsyncClient, body: bytes) -> int:
        try:
            return (await client.post(self.address, content=body)).status_code
        except httpx.TransportError:
            return 0
