"""The doors that speak HTTP: the API, and the push door of batch_logs."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from vigil.errors import VigilError
from vigil.local.loop_thread import LoopThread
from vigil.telemetry import logger
from vigil.workflows.group_commit import GroupCommit

PUSH_PATH = "/push/vigil-logs"
# Pub/Sub's largest message in base64, and the envelope around it.
_BODY_BYTES = 14_000_000
# Whoever has not sent the whole of a request by then does not keep this process from ending.
_LAST_REQUEST_SECONDS = 1
_log = logger(__name__)

Scope = MutableMapping[str, Any]
App = Callable[
    [Scope, Callable[[], Awaitable[Scope]], Callable[[Scope], Awaitable[None]]], Awaitable[None]
]


def build_doors(api: App, group_commit: GroupCommit) -> Starlette:
    """Return the API with the push door of batch_logs beside it."""

    async def take_push(request: Request) -> Response:
        body = await _bounded_body(request)
        if body is None:
            return Response(status_code=413)
        try:
            await group_commit.take_body(body, request.headers)
        except VigilError:
            _log.exception("a push was not taken in and will come again")
            return Response(status_code=500)
        return Response(status_code=204)

    return Starlette(routes=[Route(PUSH_PATH, take_push, methods=["POST"]), Mount("/", api)])


async def _bounded_body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is larger than any push."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY_BYTES:
            return None
    return bytes(body)


class Server:
    """Serves an application on a socket that listens already, from `start` to `stop`."""

    def __init__(self, app: App, listener: socket.socket) -> None:
        # What is asked for is not logged: a note stands in an address.
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=_LAST_REQUEST_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._thread = LoopThread("api", self._serve)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Return when the last request is answered; one that does not come to an end is cut off."""
        self._thread.stop()

    async def _serve(self, stopping: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._server.serve(sockets=[self._listener]))
            await stopping.wait()
            self._server.should_exit = True
