"""receive_alerts: what Alertmanager and Cloud Monitoring send."""

import functions_framework
from flask import Request, Response

from vigil.doors.receive_alerts import make_door
from vigil.doors.starting import start

_door = start("receive_alerts", make_door)


@functions_framework.http
def receive_alerts(request: Request) -> Response:
    """Answer one request."""
    return _door(request)
