"""Pub/Sub's publisher on loopback: it takes whatever is published, and keeps it."""

import itertools
from types import TracebackType
from typing import Any, Self

import grpc
from google.pubsub_v1 import PublishRequest, PublishResponse

from tests.servers.grpc_server import GrpcServer, Method


class PublisherServer:
    """Serves while its `with` block lasts; far cheaper than the emulator, which keeps topics."""

    def __init__(self) -> None:
        # The generated messages themselves: a benchmark's server must not be what is measured.
        publish = Method(PublishRequest.pb(), self._publish)
        self._server = GrpcServer("google.pubsub.v1.Publisher", {"Publish": publish})
        self._answer = PublishResponse.pb()
        self._numbers = itertools.count(1)
        self.address = self._server.address
        self.published: list[tuple[str, bytes]] = []

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def _publish(self, request: Any, context: grpc.ServicerContext) -> Any:
        topic = request.topic.rsplit("/", 1)[1]
        self.published += [(topic, message.data) for message in request.messages]
        ids = [str(next(self._numbers)) for _ in request.messages]
        return self._answer(message_ids=ids)
