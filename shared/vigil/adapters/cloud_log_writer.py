"""Writes entries to Cloud Logging, from where sinks deliver them."""

from collections.abc import Mapping, Sequence

from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.types import LogEntry, WriteLogEntriesRequest

from vigil.adapters.cloud_calls import CloudCalls

Entry = Mapping[str, object]


class CloudLogWriter:
    """Writes entries in the shape in which sinks deliver them, of one project, all or none.

    They get their time from Cloud Logging, so no clock but Google's has to be right. If a reply is
    lost they are written again, with another time: whoever reads them has them twice.
    """

    def __init__(self, client: LoggingServiceV2Client, calls: CloudCalls, *, project: str) -> None:
        self._client = client
        self._calls = calls
        self._project = project
        self.name = f"Cloud Logging of the project {project}"

    def write(self, entries: Sequence[Entry]) -> None:
        """Return when Cloud Logging has them; raise CloudRefused or TransientError."""
        self._calls.ask(
            self._client.write_log_entries,
            WriteLogEntriesRequest(entries=[_log_entry(entry) for entry in entries]),
            needs=f"roles/logging.logWriter on project {self._project}",
        )


def _log_entry(entry: Entry) -> LogEntry:
    return LogEntry(
        log_name=entry["logName"],
        resource=entry["resource"],
        insert_id=entry["insertId"],
        severity=entry["severity"],
        json_payload=entry["jsonPayload"],
    )
