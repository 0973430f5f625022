"""analyze_incidents: what is pushed of aiops-events."""

import functions_framework
from flask import Request, Response

from vigil.doors.analyze_incidents import make_door
from vigil.doors.starting import start

_door = start("analyze_incidents", make_door)


@functions_framework.http
def analyze_incidents(request: Request) -> Response:
    """Answer one request."""
    return _door(request)
