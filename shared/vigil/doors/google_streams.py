"""Streams over Cloud Logging and Pub/Sub."""

from collections.abc import Callable, Sequence

import google.auth
from google.auth.exceptions import GoogleAuthError

from vigil.doors.once import Once
from vigil.errors import TransientError
from vigil.logs.own_entries import OwnEntries
from vigil.ports import Clock, Documents
from vigil.sink_ports import LogSinks, MadeSink, Sink, TopicAccess
from vigil.stores.registry import Registry
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.streams import Streams

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def google_streams(
    project: str,
    *,
    documents: Documents,
    registry: Registry,
    clock: Clock,
    own: OwnEntries,
) -> Streams:
    """Return the streams whose sinks go to the topic of raw entries in Vigil's own `project`.

    It speaks with the application default credentials. They need roles/logging.configWriter on
    each project that is streamed, and may set the policy of that one topic.
    """
    made = Once(lambda: _clients_of(f"projects/{project}/topics/{LOGS}"))
    return Streams(
        documents=documents,
        registry=registry,
        sinks=_SinksWhenNeeded(made),
        access=_AccessWhenNeeded(made),
        clock=clock,
        own=own,
    )


Clients = tuple[LogSinks, TopicAccess]


class _SinksWhenNeeded:
    """LogSinks whose client is made with the first stream that is started, stopped or looked at."""

    def __init__(self, made: Callable[[], Clients]) -> None:
        self._made = made

    def create(self, sink: Sink) -> MadeSink:
        return self._made()[0].create(sink)

    def remove(self, project_id: str, name: str) -> None:
        self._made()[0].remove(project_id, name)

    def delivering(self, project_id: str) -> Sequence[str]:
        return self._made()[0].delivering(project_id)


class _AccessWhenNeeded:
    """TopicAccess of which the same holds."""

    def __init__(self, made: Callable[[], Clients]) -> None:
        self._made = made

    def admit(self, identity: str) -> None:
        self._made()[1].admit(identity)

    def dismiss(self, identity: str) -> None:
        self._made()[1].dismiss(identity)


def _clients_of(topic: str) -> Clients:
    # Few requests are about streams, and reading this code takes a tenth of a second.
    from google.cloud.logging_v2.services.config_service_v2 import (  # noqa: PLC0415 - see above
        ConfigServiceV2Client,
    )
    from google.pubsub_v1 import PublisherClient  # noqa: PLC0415 - see above

    from vigil.adapters.cloud_calls import CloudCalls  # noqa: PLC0415 - see above
    from vigil.adapters.cloud_log_sinks import CloudLogSinks  # noqa: PLC0415 - see above
    from vigil.adapters.pubsub_topic_access import PubsubTopicAccess  # noqa: PLC0415 - see above

    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except GoogleAuthError as error:
        raise TransientError("this process has no credentials of Google Cloud") from error
    calls = CloudCalls(credentials)
    return (
        CloudLogSinks(ConfigServiceV2Client(credentials=credentials), calls, topic=topic),
        PubsubTopicAccess(PublisherClient(credentials=credentials), calls, topic=topic),
    )
