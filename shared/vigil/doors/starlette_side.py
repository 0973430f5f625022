"""Doors under functions-framework's ASGI side, and under the embedded server."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from vigil.doors.answer import DONE, Answer, refused
from vigil.doors.gate import Gate
from vigil.doors.head import Head
from vigil.logs.push_message import PUSH_LIMIT_BYTES

Take = Callable[[Head, bytes], Awaitable[Answer]]


class StarletteDoor:
    """Answers requests of Starlette: what the gate lets in is read, up to a limit, and taken."""

    def __init__(self, gate: Gate, take: Take) -> None:
        self._gate = gate
        self._take = take

    async def answer(self, request: Request) -> Response:
        """Return the answer to one request."""
        head = _head_of(request)
        early = self._gate.answer(head)
        if early is not None:
            return response_of(early)
        body = await _bounded_body(request)
        return response_of(refused(413) if body is None else await self._take(head, body))


def _head_of(request: Request) -> Head:
    """Return the head of a request, which is read without making its address first."""
    query = request.query_params if request.scope["query_string"] else None
    return Head.of(request.method, request.scope["path"], request.headers.items(), query)


async def _bounded_body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is larger than any push."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > PUSH_LIMIT_BYTES:
            return None
    return bytes(body)


def response_of(answer: Answer) -> Response:
    """Return the response that Starlette sends."""
    if answer is DONE:
        return _DONE
    media_type = "application/json" if answer.body else None
    return Response(answer.body, answer.status, answer.headers, media_type)


# Almost all answers are this one; it has no state, and is sent as often as it is wanted.
_DONE = Response(status_code=DONE.status)
