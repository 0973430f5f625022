"""api: what people and programs ask and do."""

from functions_framework import aio
from starlette.requests import Request
from starlette.responses import Response

from vigil.doors.api import make_door
from vigil.doors.starting import start

_door = start("api", make_door)


@aio.http
async def api(request: Request) -> Response:
    """Let the API answer one request, whose body nobody has read."""
    return _door
