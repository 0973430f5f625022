"""cleanup: what Cloud Scheduler asks for once a day."""

import functions_framework
from flask import Request, Response

from vigil.doors.cleanup import make_door
from vigil.doors.starting import start

_door = start("cleanup", make_door)


@functions_framework.http
def cleanup(request: Request) -> Response:
    """Answer one request."""
    return _door(request)
