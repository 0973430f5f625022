"""The door of the API."""

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vigil.adapters.pushed_entries import PushedEntries
from vigil.doors.answer import refused
from vigil.doors.clock import utc_now
from vigil.doors.deployment import Deployment, deploy
from vigil.doors.google_streams import google_streams
from vigil.doors.limits import own_entries_by
from vigil.doors.once import Once
from vigil.doors.starlette_side import response_of
from vigil.settings import Settings, require
from vigil.telemetry import logger
from vigil.workflows.api.application import make_api
from vigil.workflows.streams import Streams

_log = logger(__name__)


class ApiDoor(Response):
    """The API as a response, which is all that functions-framework takes of a function.

    A response is an ASGI application, and this one answers each request for itself: so no body may
    have been read before, and it has no lifespan. It is made at the first request.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._made: Once[ASGIApp] = Once(lambda: _make(settings, environ))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            app = self._made()
        except Exception:
            # The next request tries again.
            _log.exception("the API could not be made")
            app = response_of(refused(500))
        await app(scope, receive, send)


def make_door(settings: Settings, environ: Mapping[str, str]) -> ApiDoor:
    """Return the door of this function; raise InvalidSettings for what it cannot work with."""
    require(settings, ("project", "public_url"))
    return ApiDoor(settings, environ)


def _make(settings: Settings, environ: Mapping[str, str]) -> FastAPI:
    deployment = deploy(settings, environ)
    return make_api(
        documents=deployment.documents,
        registry=deployment.registry,
        alerts=deployment.workflows.alert_actions,
        incidents=deployment.workflows.incident_actions,
        streams=_streams(settings, environ, deployment),
        clock=utc_now,
        public_url=settings.public_url,
    )


def _streams(settings: Settings, environ: Mapping[str, str], deployment: Deployment) -> Streams:
    """Return the streams; no sink of Cloud Logging could deliver to an emulator's topic."""
    if not environ.get("PUBSUB_EMULATOR_HOST"):
        return google_streams(
            settings.project or "",
            documents=deployment.documents,
            registry=deployment.registry,
            clock=utc_now,
            own=own_entries_by(settings),
        )
    pushed = PushedEntries()
    return Streams(
        documents=deployment.documents,
        registry=deployment.registry,
        sinks=pushed,
        access=pushed,
        clock=utc_now,
        own=own_entries_by(settings),
    )
