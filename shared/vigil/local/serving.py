"""Serving an ASGI application on a socket that listens already."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import uvicorn

from vigil.local.loop_thread import LoopThread

Scope = MutableMapping[str, Any]
App = Callable[
    [Scope, Callable[[], Awaitable[Scope]], Callable[[Scope], Awaitable[None]]], Awaitable[None]
]
# Whoever has not sent the whole of a request by then does not keep a server from closing.
_LAST_REQUEST_SECONDS = 1


class Server:
    """Serves an application in a thread of its own, from `start` to `stop`."""

    def __init__(self, app: App, listener: socket.socket) -> None:
        """Take the application, and the socket on which it is to be reached."""
        self._thread = LoopThread("api", partial(serve_until, app, listener))

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Return when the last request is answered; one that does not come to an end is cut off."""
        self._thread.stop()


async def serve_until(app: App, listener: socket.socket, stopping: asyncio.Event) -> None:
    """Serve `app` until `stopping` is set and its last request is answered or cut off."""
    config = uvicorn.Config(
        app,
        # What is asked for is not logged: a note stands in an address.
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=_LAST_REQUEST_SECONDS,
    )
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve(sockets=[listener]))
        await stopping.wait()
        server.should_exit = True
