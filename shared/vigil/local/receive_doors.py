"""The doors that take alerts from Alertmanager and Cloud Monitoring."""

import asyncio

from starlette.routing import Route

from vigil.adapters.push_identity import Anybody
from vigil.doors.alert_sources import SOURCES
from vigil.doors.answer import Answer, answered
from vigil.doors.gate import Gate
from vigil.doors.head import Head
from vigil.doors.starlette_side import StarletteDoor
from vigil.workflows.receive_alerts import ReceiveAlerts


def receive_routes(receive: ReceiveAlerts) -> list[Route]:
    """Return a route for each source; everybody may call, and has to show a key."""

    async def take(head: Head, body: bytes) -> Answer:
        # It reads and writes files, and the loop serves others meanwhile.
        told = await asyncio.to_thread(
            receive.answer,
            SOURCES[head.path],
            headers=head.headers,
            query=head.query,
            body=body,
        )
        return answered(told.status, told.body, told.headers)

    door = StarletteDoor(Gate(Anybody(), SOURCES), take)
    return [Route(path, door.answer, methods=["POST"]) for path in SOURCES]
