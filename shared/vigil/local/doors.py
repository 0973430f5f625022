"""The doors that speak HTTP: the API, and the push door of batch_logs."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from vigil.errors import VigilError
from vigil.local.serving import App
from vigil.telemetry import logger
from vigil.workflows.group_commit import GroupCommit

PUSH_PATH = "/push/vigil-logs"
# Pub/Sub's largest message in base64, and the envelope around it.
_BODY_BYTES = 14_000_000
_log = logger(__name__)


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
