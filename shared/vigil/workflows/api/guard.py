"""What stands around every request: no large bodies, no secrets in an error, no caching."""

import re
from collections import deque

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vigil.telemetry import logger
from vigil.workflows.api.errors import error_answer

_log = logger(__name__)
MAX_BODY_BYTES = 64 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    # An address can hold an id that is nobody else's business (FAULTS D33).
    "Referrer-Policy": "no-referrer",
}


class ApiGuard:
    """An ASGI application around another.

    It adds the headers, refuses a body of more than 64 kB before it has come, and answers what
    nobody foresaw with a bare 500, whose reason stands in our own redacted log only (FAULTS D36).
    It stands inside the framework's own last resort, which would hand the exception to the server.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is not HTTP is passed on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        bounded = await _bounded(scope, receive)
        if bounded is None:
            too_large = f"a body has at most {MAX_BODY_BYTES} bytes"
            await error_answer("body_too_large", too_large)(scope, receive, answer.send)
            return
        await self._run(scope, bounded, answer)

    async def _run(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            _log.exception("a request failed", method=scope["method"], route=_route(scope))
            if answer.has_begun:
                raise
            failed = error_answer("internal_error", "something went wrong here; it was recorded")
            await failed(scope, receive, answer.send)


class _Answer:
    """The way out, on which the headers are added."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            MutableHeaders(scope=message).update(_HEADERS)
        await self._send(message)


async def _bounded(scope: Scope, receive: Receive) -> Receive | None:
    """Return from where to receive the body, None if it is too large.

    That is decided by what is announced or, if nothing is, by what comes: few routes take a body,
    and none of them a large one, so what was read for that is kept until it is received again.
    """
    headers = Headers(scope=scope)
    if "content-length" in headers and "transfer-encoding" not in headers:
        announced = headers["content-length"]
        fits = _LENGTH.fullmatch(announced) and int(announced) <= MAX_BODY_BYTES
        return receive if fits else None
    return await _read(receive)


async def _read(receive: Receive) -> Receive | None:
    came: deque[Message] = deque()
    size = 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        came.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            break

    async def again() -> Message:
        return came.popleft() if came else await receive()

    return again if size <= MAX_BODY_BYTES else None


def _route(scope: Scope) -> str:
    """Return the path as it was declared: the one that was asked may hold somebody's text."""
    return getattr(scope.get("route"), "path", "")
