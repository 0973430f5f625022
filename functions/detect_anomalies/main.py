"""detect_anomalies: what is pushed of vigil-batches and vigil-ticks."""

import functions_framework
from flask import Request, Response

from vigil.doors.detect_anomalies import make_door
from vigil.doors.starting import start

_door = start("detect_anomalies", make_door)


@functions_framework.http
def detect_anomalies(request: Request) -> Response:
    """Answer one request."""
    return _door(request)
