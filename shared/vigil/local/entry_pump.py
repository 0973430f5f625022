"""From the sample shop to the queue: what is logged is published, without holding up the shop."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Self

import orjson

from vigil.errors import TransientError
from vigil.local.shop_log import Entry
from vigil.ports import Message, Publisher
from vigil.telemetry import logger

_AT_ONCE = 100
_TRIES = 20
_PAUSE_SECONDS = 0.5
_log = logger(__name__)


class EntryPump:
    """Publishes entries on a topic in a thread of its own, as a sink of Cloud Logging would.

    Runs while its `with` block lasts; at its end all that was put in is published. `see` is told of
    every entry, in that thread. What cannot be published in ten seconds is lost; that is logged.
    """

    def __init__(self, publisher: Publisher, topic: str, see: Callable[[Entry], None]) -> None:
        self._publisher = publisher
        self._topic = topic
        self._see = see
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="entry-pump", daemon=True)

    def put(self, entry: Entry) -> None:
        """Take in an entry; return at once."""
        self._waiting.put(entry)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while entries := self._next():
            for entry in entries:
                self._see(entry)
            self._publish([_message(entry) for entry in entries])

    def _next(self) -> Sequence[Entry]:
        """Wait for entries and return all there are, up to a hundred; none when it is over."""
        first = self._waiting.get()
        entries = [] if first is None else [first]
        while entries and len(entries) < _AT_ONCE and not self._waiting.empty():
            entry = self._waiting.get()
            if entry is None:
                # The end is for the next round.
                self._waiting.put(None)
                break
            entries.append(entry)
        return entries

    def _publish(self, messages: Sequence[Message]) -> None:
        for _ in range(_TRIES):
            try:
                return self._publisher.publish(self._topic, messages)
            except TransientError:
                _log.warning("entries of the sample shop were not published, once more")
                self._stopping.wait(_PAUSE_SECONDS)
        _log.error("entries of the sample shop are lost", count=len(messages))


def _message(entry: Entry) -> Message:
    stamp = {"logging.googleapis.com/timestamp": str(entry["timestamp"])}
    return Message(orjson.dumps(entry), stamp)
