"""A real HTTP server on loopback that records every byte it receives and answers by a script."""

import json
import socketserver
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, cast

_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers: its trouble is in the last four fields.

    `drip_seconds` is the pause after each byte, `cut_after` the number of bytes after which the
    connection is closed, `endless` sends the body again and again until the client hangs up.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay_seconds: float = 0.0
    drip_seconds: float = 0.0
    cut_after: int | None = None
    endless: bool = False

    def octets(self) -> bytes:
        length = {} if self.endless else {"Content-Length": str(len(self.body))}
        fields = "".join(f"{k}: {v}\r\n" for k, v in {**length, **self.headers}.items())
        return f"HTTP/1.1 {self.status} Scripted\r\n{fields}\r\n".encode() + self.body


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def target(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)}

    @property
    def json(self) -> dict[str, object]:
        return cast("dict[str, object]", json.loads(self.body))


class HttpRecorder:
    """Serves on a free loopback port while its `with` block lasts.

    Replies are given in the order of the script, then 200 to whatever else comes.
    """

    def __init__(self, script: Sequence[Reply] = ()) -> None:
        self.requests: list[RecordedRequest] = []
        self.hung_up = threading.Event()
        self.stopping = threading.Event()
        self._script = deque(script)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer_next(self, *replies: Reply) -> None:
        """Add to the script."""
        self._script.extend(replies)

    def next_reply(self) -> Reply:
        return self._script.popleft() if self._script else Reply()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    def __init__(self, recorder: HttpRecorder) -> None:
        self.recorder = recorder
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    timeout = _PATIENCE_SECONDS

    def handle(self) -> None:
        recorder = cast("_Server", self.server).recorder
        head = b"".join(iter(self.rfile.readline, b"\r\n"))
        request = RecordedRequest(head, b"")
        size = int(request.headers.get("content-length", "0"))
        recorder.requests.append(RecordedRequest(head, self.rfile.read(size)))
        try:
            self._answer(recorder.next_reply(), recorder.stopping)
        except OSError:
            recorder.hung_up.set()

    def _answer(self, reply: Reply, stopping: threading.Event) -> None:
        stopping.wait(reply.delay_seconds)
        octets = reply.octets()[: reply.cut_after]
        step = 1 if reply.drip_seconds else len(octets)
        for start in range(0, len(octets), step or 1):
            if stopping.wait(reply.drip_seconds):
                return
            self.wfile.write(octets[start : start + step])
        while reply.endless:
            self.wfile.write(reply.body)
