"""The door of batch_logs: pushes that come together share a batch, and are answered together."""

import asyncio
from collections.abc import Callable, Mapping

from vigil.adapters.push_identity import PushIdentity
from vigil.doors.answer import DONE, Answer
from vigil.doors.gate import Gate
from vigil.doors.head import Head
from vigil.doors.push_door import PushDoor, Route
from vigil.workflows.group_commit import GroupCommit

_NO_ROUTES: Mapping[str, Route] = {}


class GroupDoor:
    """Takes the raw entries that are pushed to `path` by group commit.

    What is pushed to the paths of `routes` is taken one at a time, in threads. `group_commit` is
    asked for at each push, on the loop on which it is to work, and gives the same one each time.
    """

    def __init__(
        self,
        group_commit: Callable[[], GroupCommit],
        identity: PushIdentity,
        *,
        path: str = "/",
        routes: Mapping[str, Route] = _NO_ROUTES,
        project: str = "",
    ) -> None:
        self.gate = Gate(identity, {path, *routes}, project=project)
        self._group_commit = group_commit
        self._path = path
        self._beside = PushDoor(identity, routes, project=project)

    async def take(self, head: Head, body: bytes) -> Answer:
        """Return the answer to a push that the gate has let in; never raises.

        204 says that its entry is safe in a published batch, or accounted for (FAULTS C02).
        """
        if head.path != self._path:
            return await asyncio.to_thread(self._beside.take, head, body)
        try:
            await self._group_commit().take_body(body, head.headers)
        except Exception as error:
            # Whatever it was, the entry is safe in its subscription and comes again.
            return self.gate.failed(head, error)
        return DONE
