"""What goes to Firestore and comes back: calls, documents and bytes, counted in the channel."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import grpc

FIGURES = ("calls", "reads", "writes", "deletes", "kB sent", "kB received")


class Traffic(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Counts what passes a channel, as Firestore bills it; its threads may be several.

    A document that is not there is a read too, and so is a query that finds nothing.
    """

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self._lock = threading.Lock()

    def on(self, channel: grpc.Channel) -> grpc.Channel:
        """Return `channel` with this counter in it."""
        return grpc.intercept_channel(channel, self)

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        """Count a commit."""
        deletes = sum(1 for write in request.writes if write.delete)
        answer = continuation(client_call_details, request)
        self._count(
            calls=1,
            writes=len(request.writes) - deletes,
            deletes=deletes,
            sent=request.ByteSize(),
            received=answer.result().ByteSize(),
        )
        return answer

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        """Count documents that are read by name or by a query."""
        self._count(calls=1, sent=request.ByteSize())
        return self._counted(continuation(client_call_details, request))

    def _counted(self, answers: Iterator[Any]) -> Iterator[Any]:
        reads = 0
        for answer in answers:
            self._count(received=answer.ByteSize())
            reads += 1
            yield answer
        self._count(reads=reads)

    def _count(self, **more: int) -> None:
        with self._lock:
            self.counted.update(more)

    def figures(self, times: int) -> list[str]:
        """Return FIGURES for each of so many times; the next ones are counted from here."""
        counted = self.counted
        self.counted = Counter()
        whole = [f"{counted[name] / times:.1f}" for name in FIGURES[:4]]
        return [*whole, *(f"{counted[name] / times / 1000:.1f}" for name in ("sent", "received"))]
