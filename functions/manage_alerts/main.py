"""manage_alerts: what is pushed of aiops-events and vigil-ticks."""

import functions_framework
from flask import Request, Response

from vigil.doors.manage_alerts import make_door
from vigil.doors.starting import start

_door = start("manage_alerts", make_door)


@functions_framework.http
def manage_alerts(request: Request) -> Response:
    """Answer one request."""
    return _door(request)
