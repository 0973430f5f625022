"""batch_logs: what is pushed of vigil-logs."""

from functions_framework import aio
from starlette.requests import Request
from starlette.responses import Response

from vigil.doors.batch_logs import make_door
from vigil.doors.starting import start

_door = start("batch_logs", make_door)


@aio.http
async def batch_logs(request: Request) -> Response:
    """Answer one request."""
    return await _door.answer(request)
