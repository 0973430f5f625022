"""Cloud Logging, to be written to with the application default credentials."""

import google.auth
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.cloud_log_writer import CloudLogWriter

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def google_log_writer(project: str) -> CloudLogWriter:
    """Return what writes to the logs of `project`; raise GoogleAuthError without credentials."""
    credentials, _ = google.auth.default(scopes=_SCOPES)
    calls = CloudCalls(credentials, somebody="whoever runs this")
    return CloudLogWriter(LoggingServiceV2Client(credentials=credentials), calls, project=project)
