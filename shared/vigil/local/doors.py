"""The doors that speak HTTP: the API, the push door of batch_logs, and those of received alerts."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from vigil.adapters.push_identity import Anybody
from vigil.doors.group_door import GroupDoor
from vigil.doors.starlette_side import StarletteDoor
from vigil.local.serving import App
from vigil.workflows.group_commit import GroupCommit

PUSH_PATH = "/push/vigil-logs"


def build_doors(api: App, group_commit: GroupCommit, others: Sequence[Route] = ()) -> Starlette:
    """Return the API with the push door of batch_logs and `others` beside it."""
    pushes = GroupDoor(lambda: group_commit, Anybody(), path=PUSH_PATH)
    take_push = StarletteDoor(pushes.gate, pushes.take).answer
    pushed = Route(PUSH_PATH, take_push, methods=["POST"])
    return Starlette(routes=[pushed, *others, Mount("/", api)])
