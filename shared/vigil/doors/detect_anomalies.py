"""The door of detect_anomalies: batches, ticks, and batches that were given up."""

from collections.abc import Mapping

from vigil.doors.deployment import Deployed, deploy
from vigil.doors.flask_side import FlaskDoor
from vigil.doors.once import Once
from vigil.doors.push_accounts import push_identity
from vigil.doors.push_door import PushDoor, Route
from vigil.logs.push_message import PushMessage
from vigil.settings import Settings
from vigil.workflows import batch_logs
from vigil.workflows import ticks as tick
from vigil.workflows.dead_letters import DETECT

DEAD_LETTERS = "/dead-letters"


def make_door(settings: Settings, environ: Mapping[str, str]) -> FlaskDoor:
    """Return the door of this function; raise InvalidSettings for what it cannot work with."""
    deployed = Once(lambda: deploy(settings, environ))
    identity = push_identity(settings, environ)
    return FlaskDoor.of(PushDoor(identity, routes(deployed), project=settings.project or ""))


def routes(deployed: Deployed) -> Mapping[str, Route]:
    """Return what is done with what is pushed."""

    def take(push: PushMessage) -> None:
        match push.attributes.get("event_type"):
            case tick.EVENT_TYPE:
                deployed().ticks.judge()
            case batch_logs.HEARTBEAT:
                deployed().heartbeats.arrive(push.attributes)
            case _:
                deployed().workflows.detect_anomalies.handle(push.data)

    def give_up(push: PushMessage) -> None:
        accounts = deployed().workflows.dead_letters
        accounts.account(DETECT, push.message_id, push.attributes, push.data)

    return {"/": Route(take, give_up), DEAD_LETTERS: Route(give_up)}
