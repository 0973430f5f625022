"""Doors as functions-framework serves them, without a network."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import functions_framework
import httpx
from flask import Flask
from flask.testing import FlaskClient
from functions_framework import aio

from vigil.doors.flask_side import FlaskDoor
from vigil.doors.starlette_side import StarletteDoor

# What the functions below find when the framework has loaded them.
FLASK_DOORS: dict[str, FlaskDoor] = {}
STARLETTE_DOORS: dict[str, StarletteDoor] = {}
_FLASK = """
import functions_framework
from tests.framework import FLASK_DOORS

@functions_framework.http
def flask_door(request):
    return FLASK_DOORS[__file__](request)
"""
_STARLETTE = """
from functions_framework import aio
from tests.framework import STARLETTE_DOORS

@aio.http
async def starlette_door(request):
    return await STARLETTE_DOORS[__file__].answer(request)
"""


def flask_client(door: FlaskDoor, folder: Path) -> FlaskClient:
    """Return a client of the framework's Flask application around `door`."""
    source = folder / "flask_function.py"
    source.write_text(_FLASK)
    FLASK_DOORS[str(source)] = door
    app: Flask = functions_framework.create_app("flask_door", str(source))  # type: ignore[no-untyped-call] # the framework gives it no types
    return app.test_client()


class StarletteClient:
    """A client of the framework's ASGI application around a door."""

    def __init__(self, door: StarletteDoor, folder: Path) -> None:
        source = folder / "starlette_function.py"
        source.write_text(_STARLETTE)
        STARLETTE_DOORS[str(source)] = door
        self._app = aio.create_asgi_app("starlette_door", str(source))  # type: ignore[no-untyped-call] # the framework gives it no types

    def ask(
        self,
        method: str,
        path: str,
        *bodies: bytes | AsyncIterator[bytes],
        headers: Mapping[str, str] | None = None,
    ) -> list[httpx.Response]:
        """Return the answers to requests that are all under way at once, one for each body."""

        async def ask_all() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
                asked = [client.request(method, path, content=b, headers=headers) for b in bodies]
                return await asyncio.gather(*asked)

        return asyncio.run(ask_all())
