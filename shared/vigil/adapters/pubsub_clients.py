"""Generated clients of Pub/Sub, for the project's own endpoint or for an emulator."""

from typing import Any

import grpc
from google.api_core import exceptions
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

# Retries are counted where calls are made, all of them; a message may have 10 MB.
_OPTIONS = (
    ("grpc.enable_retries", 0),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
)
# The server was not there, had trouble, did not answer in time, or has too much to do just now.
PASSING = (
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ServiceUnavailable,
    exceptions.TooManyRequests,
    exceptions.Unknown,
)


def publisher_client(emulator_host: str | None = None) -> PublisherClient:
    """Return a client for publishing, with the application default credentials.

    With `emulator_host`, as "127.0.0.1:8085", it is one to an emulator and needs none.
    """
    return PublisherClient(transport=_transport(PublisherGrpcTransport, emulator_host))


def subscriber_client(emulator_host: str | None = None) -> SubscriberClient:
    """Return a client for subscriptions, as `publisher_client` does for topics."""
    return SubscriberClient(transport=_transport(SubscriberGrpcTransport, emulator_host))


def _transport(kind: Any, emulator_host: str | None) -> Any:
    if emulator_host:
        return kind(channel=grpc.insecure_channel(emulator_host, options=_OPTIONS))
    return kind(channel=lambda host, **given: kind.create_channel(host, **_with_ours(given)))


def _with_ours(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "options": [*given.get("options", ()), *_OPTIONS]}
