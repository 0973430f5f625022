"""Functions that show what a door costs at least; each is served beside one of ours."""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue
from functions_framework import aio
from starlette import requests
from starlette.responses import Response

from vigil.logs.log_entry import LogEntry
from vigil.logs.push_message import PushMessage


@functions_framework.http
def flask_empty(request: Request) -> ResponseReturnValue:
    """Do nothing, in the framework's own server."""
    return "", 204


@aio.http
async def asgi_empty(request: requests.Request) -> Response:
    """Do nothing, on the framework's ASGI side."""
    return Response(status_code=204)


@aio.http
async def asgi_parse(request: requests.Request) -> Response:
    """Read a push and its entry, and forget them, on the framework's ASGI side."""
    body = await request.body()
    if body:
        _parse(body)
    return Response(status_code=204)


def _parse(body: bytes) -> None:
    push = PushMessage.parse(body)
    LogEntry.parse(push.data, received_at=push.published_at, message_id=push.message_id)
