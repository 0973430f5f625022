"""The door of batch_logs: raw entries, and entries that were given up."""

from collections.abc import Callable, Mapping

from vigil.doors.deployment import Deployed, deploy
from vigil.doors.group_door import GroupDoor
from vigil.doors.once import Once
from vigil.doors.push_accounts import push_identity
from vigil.doors.push_door import Route
from vigil.doors.starlette_side import StarletteDoor
from vigil.logs.push_message import PushMessage
from vigil.settings import Settings
from vigil.workflows.dead_letters import BATCH_LOGS
from vigil.workflows.group_commit import GroupCommit

DEAD_LETTERS = "/dead-letters"


def make_door(settings: Settings, environ: Mapping[str, str]) -> StarletteDoor:
    """Return the door of this function; raise InvalidSettings for what it cannot work with."""
    deployed = Once(lambda: deploy(settings, environ))
    door = GroupDoor(
        group_commit(deployed),
        push_identity(settings, environ),
        routes=routes(deployed),
        project=settings.project or "",
    )
    return StarletteDoor(door.gate, door.take)


def group_commit(deployed: Deployed) -> Callable[[], GroupCommit]:
    """Return what gives the one group commit of this process."""
    return Once(lambda: GroupCommit(deployed().workflows.batch_logs))


def routes(deployed: Deployed) -> Mapping[str, Route]:
    """Return what is done with what is pushed beside entries."""

    def give_up(push: PushMessage) -> None:
        accounts = deployed().workflows.dead_letters
        accounts.account(BATCH_LOGS, push.message_id, push.attributes, push.data)

    return {DEAD_LETTERS: Route(give_up)}
