"""A real gRPC server on loopback, for the services of Google that have no emulator."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc

_AT_ONCE = 16
# What is too long is refused by Google's own limits, which the services here have as they need.
_OPTIONS = (("grpc.max_receive_message_length", -1),)


@dataclass(frozen=True, slots=True)
class Method:
    """A unary method: its messages are proto-plus or generated ones, `answer` raises by abort."""

    request: type[Any]
    answer: Callable[[Any, grpc.ServicerContext], Any]


class GrpcServer:
    """Serves `methods` of `service` on a free loopback port while its `with` block lasts."""

    def __init__(self, service: str, methods: Mapping[str, Method]) -> None:
        self._server = grpc.server(ThreadPoolExecutor(_AT_ONCE), options=_OPTIONS)
        handlers = {name: _handler(method) for name, method in methods.items()}
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, handlers),)
        )
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._channels: list[grpc.Channel] = []

    def channel(self) -> grpc.Channel:
        """Return a channel to the server, without TLS; it is closed with the server."""
        channel = grpc.insecure_channel(self.address)
        self._channels.append(channel)
        return channel

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for channel in self._channels:
            channel.close()
        self._server.stop(grace=None).wait()


def _handler(method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
    read = getattr(method.request, "deserialize", None) or method.request.FromString
    return grpc.unary_unary_rpc_method_handler(
        method.answer, request_deserializer=read, response_serializer=_written
    )


def _written(message: Any) -> bytes:
    """Return a message's bytes; those of proto-plus write themselves through their class."""
    serialize = getattr(type(message), "serialize", None)
    octets: bytes = serialize(message) if serialize else message.SerializeToString()
    return octets
