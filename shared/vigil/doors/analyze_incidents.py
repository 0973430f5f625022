"""The door of analyze_incidents: events that ask for an explanation."""

from collections.abc import Mapping

from vigil.doors.deployment import Deployed, deploy
from vigil.doors.flask_side import FlaskDoor
from vigil.doors.model_analyst import make_analyst
from vigil.doors.once import Once
from vigil.doors.push_accounts import push_identity
from vigil.doors.push_door import PushDoor, Route
from vigil.logs.push_message import PushMessage
from vigil.settings import Settings


def make_door(settings: Settings, environ: Mapping[str, str]) -> FlaskDoor:
    """Return the door of this function; raise InvalidSettings for what it cannot work with."""
    deployed = Once(
        lambda: deploy(settings, environ, analyst=lambda docs: make_analyst(settings, docs))
    )
    identity = push_identity(settings, environ)
    return FlaskDoor.of(PushDoor(identity, routes(deployed), project=settings.project or ""))


def routes(deployed: Deployed) -> Mapping[str, Route]:
    """Return what is done with what is pushed."""

    def take(push: PushMessage) -> None:
        deployed().workflows.analyze_incidents.handle(push.attributes, push.data)

    return {"/": Route(take)}
