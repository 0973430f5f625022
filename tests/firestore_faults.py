"""Calls of Firestore that fail on their way there, or on their way back."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import grpc

SECRET = "projects/acme/documents/what-nobody-may-read"


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure of one call; with `applied`, of the answer to a call that was carried out."""

    code: grpc.StatusCode
    applied: bool = False


class Failed(grpc.RpcError):
    """What the library raises, with details that quote a document."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__(SECRET)
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return SECRET


class Faults(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Gives each call the next fault of its script; None, and the end of it, let a call through.

    With `only`, all calls of other methods are let through. `calls` are the names of the methods
    that were called, in order.
    """

    def __init__(self, script: Iterable[Fault | None], *, only: str = "") -> None:
        self.calls: list[str] = []
        self._only = only
        self._script: Iterator[Fault | None] = iter(script)

    def on(self, channel: grpc.Channel) -> grpc.Channel:
        """Return `channel` with these faults."""
        return grpc.intercept_channel(channel, self)

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        fault = self._next(client_call_details.method)
        if fault is None:
            return continuation(client_call_details, request)
        if fault.applied:
            continuation(client_call_details, request).result()
        raise Failed(fault.code)

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        fault = self._next(client_call_details.method)
        if fault is None:
            return continuation(client_call_details, request)
        raise Failed(fault.code)

    def _next(self, method: str) -> Fault | None:
        name = method.rpartition("/")[2]
        self.calls.append(name)
        return None if self._only and name != self._only else next(self._script, None)


def always(code: grpc.StatusCode) -> Faults:
    """Return faults that never let a call through."""
    return Faults(repeat(Fault(code)))
