"""The door of receive_alerts: alerts that others raise, called in or pushed from a topic."""

from collections.abc import Callable, Mapping

from flask import Request, Response

from vigil.adapters.push_identity import Anybody
from vigil.doors.alert_sources import PUSHED, SOURCES
from vigil.doors.answer import Answer, answered
from vigil.doors.deployment import Deployed, deploy
from vigil.doors.flask_side import FlaskDoor
from vigil.doors.gate import Gate
from vigil.doors.head import Head
from vigil.doors.once import Once
from vigil.doors.push_accounts import push_identity
from vigil.doors.push_door import PushDoor, Route
from vigil.errors import InvalidSettings, PermanentError, TransientError
from vigil.logs.push_message import PushMessage
from vigil.settings import Settings, require

_SERVER_ERROR = 500
_CLIENT_ERROR = 400


def make_door(settings: Settings, environ: Mapping[str, str]) -> Callable[[Request], Response]:
    """Return the door of this function; raise InvalidSettings for what it cannot work with.

    It is open to everybody: a caller shows a key, and a push its token, if accounts that may push
    are set. Without them nothing can be pushed.
    """
    require(settings, ("project",))
    deployed = Once(lambda: deploy(settings, environ))
    calls = FlaskDoor(Gate(Anybody(), SOURCES, project=settings.project or ""), taking(deployed))
    if not settings.push_accounts:
        return calls
    pushes = FlaskDoor.of(_push_door(settings, environ, deployed))
    return lambda request: (pushes if request.path == PUSHED else calls)(request)


def taking(deployed: Deployed) -> Callable[[Head, bytes], Answer]:
    """Return what answers a call with alerts."""

    def take(head: Head, body: bytes) -> Answer:
        told = deployed().workflows.receive_alerts.answer(
            SOURCES[head.path], headers=head.headers, query=head.query, body=body
        )
        return answered(told.status, told.body, told.headers)

    return take


def routes(deployed: Deployed) -> Mapping[str, Route]:
    """Return what is done with what is pushed."""

    def take(push: PushMessage) -> None:
        told = deployed().workflows.receive_alerts.take_incident(push.data)
        if told.status >= _SERVER_ERROR:
            raise TransientError("an incident could not be taken")
        if told.status >= _CLIENT_ERROR:
            raise PermanentError("an incident will never be taken")

    return {PUSHED: Route(take)}


def _push_door(settings: Settings, environ: Mapping[str, str], deployed: Deployed) -> PushDoor:
    if settings.push_identity == "iam":
        raise InvalidSettings(
            "everybody reaches this function, so VIGIL_PUSH_IDENTITY=iam would believe tokens that"
            " nobody has verified: set `verified`"
        )
    identity = push_identity(settings, environ)
    return PushDoor(identity, routes(deployed), project=settings.project or "")
