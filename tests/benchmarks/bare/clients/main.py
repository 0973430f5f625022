"""Functions that make the clients of ours and do nothing with them: what a cold start costs."""

import os

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue
from functions_framework import aio
from starlette import requests
from starlette.responses import Response

from vigil.adapters.firestore_calls import open_channel
from vigil.adapters.pubsub_clients import publisher_client

_CLIENTS = (
    open_channel(os.environ["FIRESTORE_EMULATOR_HOST"]),
    publisher_client(os.environ["PUBSUB_EMULATOR_HOST"]),
)


@functions_framework.http
def flask_clients(request: Request) -> ResponseReturnValue:
    """Do nothing, in the framework's own server."""
    return "", 204


@aio.http
async def asgi_clients(request: requests.Request) -> Response:
    """Do nothing, on the framework's ASGI side."""
    return Response(status_code=204)
