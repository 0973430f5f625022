"""Streams over Cloud Logging and Pub/Sub."""

from collections.abc import Sequence

import google.auth
from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client
from google.pubsub_v1 import PublisherClient

from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.cloud_log_sinks import CloudLogSinks
from vigil.adapters.pubsub_topic_access import PubsubTopicAccess
from vigil.ports import Clock, Documents
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
    own_services: Sequence[str],
) -> Streams:
    """Return the streams whose sinks go to the topic of raw entries in Vigil's own `project`.

    It speaks with the application default credentials. They need roles/logging.configWriter on
    each project that is streamed, and may set the policy of that one topic.
    """
    credentials, _ = google.auth.default(scopes=_SCOPES)
    calls = CloudCalls(credentials)
    topic = f"projects/{project}/topics/{LOGS}"
    return Streams(
        documents=documents,
        registry=registry,
        sinks=CloudLogSinks(ConfigServiceV2Client(credentials=credentials), calls, topic=topic),
        access=PubsubTopicAccess(PublisherClient(credentials=credentials), calls, topic=topic),
        clock=clock,
        own_services=own_services,
    )
