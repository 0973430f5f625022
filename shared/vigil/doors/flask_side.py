"""Doors under functions-framework's own server, which speaks Flask."""

from collections.abc import Callable

from flask import Request, Response

from vigil.doors.answer import Answer, refused
from vigil.doors.gate import Gate
from vigil.doors.head import Head
from vigil.doors.push_door import PushDoor
from vigil.logs.push_message import PUSH_LIMIT_BYTES

Take = Callable[[Head, bytes], Answer]


class FlaskDoor:
    """Answers requests of Flask: what the gate lets in is read, up to a limit, and taken."""

    def __init__(self, gate: Gate, take: Take) -> None:
        self._gate = gate
        self._take = take

    @classmethod
    def of(cls, door: PushDoor) -> "FlaskDoor":
        """Return the side of `door` that Flask sees."""
        return cls(door.gate, door.take)

    def __call__(self, request: Request) -> Response:
        """Return the answer to one request."""
        head = Head.of(request.method, request.path, request.headers.items(), request.args)
        early = self._gate.answer(head)
        if early is not None:
            return _unread(early)
        body = bounded_body(request)
        if body is None:
            return _unread(refused(413))
        try:
            return _response(self._take(head, body))
        except Exception as error:
            # The framework would answer with a page, and whoever calls reads errors of one shape.
            return _response(self._gate.failed(head, error))


def bounded_body(request: Request, limit: int = PUSH_LIMIT_BYTES) -> bytes | None:
    """Return the body, or None if it is larger than `limit`, which is as far as it is read."""
    if (request.content_length or 0) > limit:
        return None
    body = request.stream.read(limit + 1)
    return body if len(body) <= limit else None


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers, mimetype="application/json")


def _unread(answer: Answer) -> Response:
    """Return an answer to a request whose body stays where it is.

    It is streamed, because of anything else the framework would first read the whole body.
    """
    return Response(iter([answer.body]), answer.status, mimetype="application/json")
