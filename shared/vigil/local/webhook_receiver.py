"""A receiver of our own signed webhooks, on this machine."""

import base64
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from vigil.adapters.webhook_notifier import webhook_signature
from vigil.local.free_port import LOOPBACK
from vigil.model.notification import AlertMessage, Transition
from vigil.model.severity import Severity
from vigil.ports import Clock
from vigil.telemetry import logger

# What the Standard Webhooks scheme advises: an older signature may be a copy of somebody's.
_FRESH = timedelta(minutes=5)
_LIMIT_BYTES = 1_000_000
_POLL_SECONDS = 0.1
_TAKEN, _INVALID, _FORGED, _FAILED = 204, 400, 401, 500
_log = logger(__name__)
# Takes a message that is genuine and new.
Take = Callable[[AlertMessage], None]


@dataclass(frozen=True, slots=True)
class Verifier:
    """Tells our own webhooks from those that somebody else has made, by `key` (`whsec_...`)."""

    key: str
    now: Clock

    def accepts(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether one of the signatures is of this body, its id and its time, which is now."""
        webhook_id, sent_at = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
        if not webhook_id or not sent_at.isdecimal() or not self._is_fresh(int(sent_at)):
            return False
        key = base64.b64decode(self.key.removeprefix("whsec_"))
        right = webhook_signature(key, webhook_id, int(sent_at), body)
        given = headers.get("webhook-signature", "").split()
        return any(hmac.compare_digest(right.encode(), each.encode()) for each in given)

    def _is_fresh(self, sent_at: int) -> bool:
        return abs(self.now() - datetime.fromtimestamp(sent_at, UTC)) <= _FRESH


class WebhookReceiver:
    """Listens at a free port of this machine, from `with` to its end.

    What is genuine goes to `take`, once for each `webhook-id`: after a crash the same notification
    comes with the same id. If `take` raises, the sender hears so and comes again.
    """

    def __init__(self, verifier: Verifier, take: Take) -> None:
        self._verifier = verifier
        self._take = take
        self._taken: set[str] = set()
        self._one_at_a_time = threading.Lock()
        self._server = _Server((LOOPBACK, 0), self.answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="webhooks", daemon=True
        )

    @property
    def address(self) -> str:
        """Where webhooks are posted to."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take one post; return the status of the answer."""
        if not self._verifier.accepts(headers, body):
            return _FORGED
        try:
            message = read_message(body)
        except (KeyError, TypeError, ValueError):
            return _INVALID
        with self._one_at_a_time:
            if headers["webhook-id"] in self._taken:
                return _TAKEN
            self._take(message)
            self._taken.add(headers["webhook-id"])
        return _TAKEN


def read_message(body: bytes) -> AlertMessage:
    """Return the message that a webhook's body holds; KeyError, TypeError, ValueError if none."""
    given = json.loads(body)
    known = {each.name: given[each.name] for each in fields(AlertMessage)}
    return AlertMessage(
        **known
        | {
            "transition": Transition(given["transition"]),
            "severity": Severity(given["severity"]),
            "since": datetime.fromisoformat(given["since"]),
            "affected": tuple(given["affected"]),
            "steps": tuple(given["steps"]),
        }
    )


class _Server(ThreadingHTTPServer):
    """A server whose requests are answered by `answer`."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], answer: Callable[[Mapping[str, str], bytes], int]
    ) -> None:
        self.answer = answer
        super().__init__(address, _Conversation)


class _Conversation(BaseHTTPRequestHandler):
    """One connection."""

    timeout = 5.0
    server: _Server

    def do_POST(self) -> None:
        """Answer a post."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _LIMIT_BYTES:
            return self._reply(_INVALID)
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            status = self.server.answer(headers, body)
        except Exception:
            # Whatever it was, the sender has it in its outbox and comes again.
            _log.exception("a webhook could not be taken")
            status = _FAILED
        self._reply(status)

    def log_message(self, *_: object) -> None:
        """Keep to our own log: the terminal is the view's."""

    def _reply(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
