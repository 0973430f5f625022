"""Pushes of one subscription, as many at a time as Pub/Sub has under way and its emulator has not.

The emulator has two. Then a batch holds two entries, no batch shows who called whom, and what
failed first is blamed for an incident (docs/decisions/0002).
"""

import asyncio
import base64
from collections.abc import Iterable
from datetime import UTC
from typing import Any, Self

import grpc
import orjson
from google.api_core.exceptions import GoogleAPICallError
from google.pubsub_v1 import PullRequest

from vigil.adapters.pubsub_clients import subscriber_client
from vigil.local.loop_thread import LoopThread
from vigil.local.plain_post import post_json
from vigil.telemetry import logger

_AT_ONCE = 100
_CALL_SECONDS = 10.0
_IDLE_SECONDS = 0.05
_REDIRECTED = 300
_log = logger(__name__)


class WidePush:
    """Pulls from a subscription and posts to `address`, while its `with` block lasts.

    A message is acknowledged when its post was answered 2xx; else it comes again, as from Pub/Sub.
    """

    def __init__(self, emulator_host: str, subscription: str, address: str) -> None:
        """Take the subscription by its full name."""
        self._client: Any = subscriber_client(emulator_host)
        self._subscription = subscription
        self._address = address
        self._thread = LoopThread("wide-push", self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()
        self._client.transport.close()

    async def _run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            if not await self._push_some():
                await asyncio.sleep(_IDLE_SECONDS)

    async def _push_some(self) -> bool:
        """Push what waits; return whether anything did."""
        try:
            received = await asyncio.to_thread(self._pull)
            pushes = [self._is_taken(each.message) for each in received]
            taken = await asyncio.gather(*pushes)
            outcomes = list(zip(received, taken, strict=True))
            await asyncio.to_thread(self._ack, [each for each, is_taken in outcomes if is_taken])
            await asyncio.to_thread(self._nack, [each for each, ok in outcomes if not ok])
        except (GoogleAPICallError, grpc.RpcError) as error:
            # What was pulled comes again when its lease has run out.
            _log.warning("messages could not be pulled or answered", reason=type(error).__name__)
            return False
        return bool(received)

    async def _is_taken(self, message: Any) -> bool:
        body = {
            "subscription": self._subscription,
            "message": {
                "data": base64.b64encode(message.data).decode(),
                "attributes": dict(message.attributes),
                "messageId": message.message_id,
                "publishTime": message.publish_time.astimezone(UTC).isoformat(),
            },
        }
        status = await post_json(self._address, orjson.dumps(body))
        return status is not None and status < _REDIRECTED

    def _pull(self) -> list[Any]:
        # Answered at once, also where there is none: of a pull that waits, the emulator may lease
        # what comes when the call is over, to nobody. The client above warns of this flag, since
        # it is none for Pub/Sub itself.
        request = PullRequest(
            subscription=self._subscription, max_messages=_AT_ONCE, return_immediately=True
        )
        answer = self._client.transport.pull(request, timeout=_CALL_SECONDS)
        return list(answer.received_messages)

    def _ack(self, received: Iterable[Any]) -> None:
        ids = [each.ack_id for each in received]
        if ids:
            request = {"subscription": self._subscription, "ack_ids": ids}
            self._client.acknowledge(request=request, timeout=_CALL_SECONDS)

    def _nack(self, received: Iterable[Any]) -> None:
        ids = [each.ack_id for each in received]
        if ids:
            request = {
                "subscription": self._subscription,
                "ack_ids": ids,
                # The subscription's retry policy says when it comes again. The emulator forgets
                # some of those whose second lease was shortened to anything else.
                "ack_deadline_seconds": 0,
            }
            self._client.modify_ack_deadline(request=request, timeout=_CALL_SECONDS)
