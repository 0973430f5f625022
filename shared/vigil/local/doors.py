"""The doors that speak HTTP: the API, and the push door of batch_logs."""

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from vigil.adapters.push_identity import Anybody
from vigil.doors.group_door import GroupDoor
from vigil.doors.starlette_side import StarletteDoor
from vigil.local.serving import App
from vigil.workflows.group_commit import GroupCommit

PUSH_PATH = "/push/vigil-logs"


def build_doors(api: App, group_commit: GroupCommit) -> Starlette:
    """Return the API with the push door of batch_logs beside it."""
    pushes = GroupDoor(lambda: group_commit, Anybody(), path=PUSH_PATH)
    take_push = StarletteDoor(pushes.gate, pushes.take).answer
    return Starlette(routes=[Route(PUSH_PATH, take_push, methods=["POST"]), Mount("/", api)])
