"""Heartbeats: since when entries may wait that have not been taken in yet."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from vigil.errors import PreconditionFailed, TransientError
from vigil.model.instant import instant_as_text
from vigil.ports import Clock, Documents, Existence, Message, OfVersion, Publisher, Put
from vigil.telemetry import logger
from vigil.workflows.batch_logs import HEARTBEAT, LOGS

_PATH = "platform/heartbeats"
_SENT_AT = "sent_at"
_RACES = 10
# Nobody waits longer for an entry than this, so an older heartbeat says nothing any more.
_PATIENCE = timedelta(minutes=10)
_log = logger(__name__)
Change = Callable[[Sequence[datetime]], Sequence[datetime]]


class Heartbeats:
    """Messages of ours that travel the way of the entries, one at each tick.

    Pub/Sub tells nobody in time since when messages wait. A heartbeat that was sent and has not
    arrived says that what was published before it may wait as well: then the watermark is held
    back, or an outage would make all that it delayed late (docs/decisions/0002). Pub/Sub keeps no
    order, so while a backlog drains it is the oldest one still on its way that counts.
    """

    def __init__(self, *, documents: Documents, publisher: Publisher, clock: Clock) -> None:
        self._documents = documents
        self._publisher = publisher
        self._clock = clock

    def beat(self) -> datetime | None:
        """Send one, and return since when entries may wait: None if all earlier ones arrived."""
        now = self._clock()
        on_their_way = self._change(lambda sent: [*sent, now])
        self._send(now)
        return min(on_their_way, default=None)

    def arrive(self, attributes: Mapping[str, str]) -> None:
        """Take one out that has come where batches are taken in; a second time changes nothing."""
        sent_at = attributes.get(_SENT_AT, "")
        self._change(lambda sent: [at for at in sent if instant_as_text(at) != sent_at])

    def _send(self, now: datetime) -> None:
        attributes = {"event_type": HEARTBEAT, _SENT_AT: instant_as_text(now)}
        try:
            self._publisher.publish(LOGS, [Message(b"", attributes)])
        except TransientError:
            # One that is not on its way is not to be waited for.
            _log.warning("a heartbeat could not be sent")
            self.arrive(attributes)

    def _change(self, change: Change) -> Sequence[datetime]:
        """Change which are on their way; return those that were, without the ones of long ago."""
        for _ in range(_RACES):
            try:
                return self._try(change)
            except PreconditionFailed:
                continue
        raise TransientError("the heartbeats were written by others each time")

    def _try(self, change: Change) -> Sequence[datetime]:
        (document,) = self._documents.get([_PATH])
        stored = document.fields["on_their_way"] if document else []
        oldest = self._clock() - _PATIENCE
        before = [at.astimezone(UTC) for at in _instants(stored) if at > oldest]
        after = change(before)
        if after != before:
            when = OfVersion(document.version) if document else Existence.ABSENT
            self._documents.commit([Put(_PATH, {"on_their_way": list(after)}, when)])
        return before


def _instants(stored: object) -> list[datetime]:
    return [at for at in stored if isinstance(at, datetime)] if isinstance(stored, list) else []
