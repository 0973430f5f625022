"""What Cloud Scheduler does for a deployment, beside the emulators."""

import threading
from http.client import HTTPConnection, HTTPException
from typing import Self
from urllib.parse import urlsplit

from vigil.doors.topology import TICKS
from vigil.errors import VigilError
from vigil.ports import Message, Publisher
from vigil.telemetry import logger
from vigil.workflows.ticks import EVENT_TYPE

_TICK_SECONDS = 1.0
_CLEANUP_EVERY_TICKS = 600
# The function may work for four minutes.
_CLEANUP_SECONDS = 300.0
_OK = 200
_log = logger(__name__)


class Scheduler:
    """Publishes ticks, and calls `cleanup` now and then, while its `with` block lasts."""

    def __init__(
        self,
        publisher: Publisher,
        cleanup: str,
        *,
        cleanup_every_ticks: int = _CLEANUP_EVERY_TICKS,
    ) -> None:
        """Take the address of the function that cleans up."""
        self._publisher = publisher
        self._cleanup = cleanup
        self._cleanup_every_ticks = cleanup_every_ticks
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._tick_on, name="scheduler", daemon=True),
            # Daemonic and not waited for: it may be in the midst of a call that takes minutes.
            threading.Thread(target=self._clean_up_on, name="cleanup-scheduler", daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._threads[0].join()

    def _tick_on(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS):
            try:
                self._publisher.publish(TICKS, [Message(b"", {"event_type": EVENT_TYPE})])
            except VigilError:
                # The next one does what this one did not.
                _log.exception("a tick could not be published")

    def _clean_up_on(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS * self._cleanup_every_ticks):
            status = _posted(self._cleanup)
            if status != _OK:
                _log.error("cleanup did not work, and is called again later", status=status)


def _posted(address: str) -> int | None:
    """Return the status that a post to `address` was answered with, None for no answer."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=_CLEANUP_SECONDS)
    try:
        connection.request("POST", "/")
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
