"""Heartbeats: since when entries may wait that have not been taken in yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vigil.errors import PreconditionFailed, TransientError
from vigil.model.instant import instant_as_text
from vigil.ports import Clock, Document, Documents, Existence, Message, OfVersion, Publisher, Put
from vigil.telemetry import logger
from vigil.workflows.batch_logs import HEARTBEAT, LOGS

_PATH = "platform/heartbeats"
_BEING_SENT, _ON_THEIR_WAY = "being_sent", "on_their_way"
_SENT_AT = "sent_at"
_RACES = 10
# Nobody waits longer for an entry than this, so an older heartbeat says nothing any more.
_PATIENCE = timedelta(minutes=10)
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """When the heartbeats were sent that have not arrived.

    One that is `being_sent` says nothing yet: its sender may die before it is.
    """

    being_sent: frozenset[datetime] = frozenset()
    on_their_way: frozenset[datetime] = frozenset()

    def beginning(self, at: datetime) -> "_Known":
        """Return what is known when one is about to be sent."""
        return _Known(self.being_sent | {at}, self.on_their_way)

    def sent(self, at: datetime) -> "_Known":
        """Return what is known when one has been sent, which may have arrived before that."""
        if at not in self.being_sent:
            return self
        return _Known(self.being_sent - {at}, self.on_their_way | {at})

    def without(self, sent_at: str) -> "_Known":
        """Return what is known when one has arrived, or could not be sent."""
        return self._those(lambda at: instant_as_text(at) != sent_at)

    def since(self, oldest: datetime) -> "_Known":
        """Return what is known without those of long ago."""
        return self._those(lambda at: at > oldest)

    def _those(self, wanted: Callable[[datetime], bool]) -> "_Known":
        return _Known(
            frozenset(filter(wanted, self.being_sent)),
            frozenset(filter(wanted, self.on_their_way)),
        )


Change = Callable[[_Known], _Known]


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
        known = self._change(lambda known: known.beginning(now))
        self._send(now)
        return min(known.on_their_way, default=None)

    def arrive(self, attributes: Mapping[str, str]) -> None:
        """Take one out that has come where batches are taken in; a second time changes nothing."""
        sent_at = attributes.get(_SENT_AT, "")
        self._change(lambda known: known.without(sent_at))

    def _send(self, now: datetime) -> None:
        """Send one that is known to be about to be sent.

        Only then is it waited for: a sender that is killed in the midst of this leaves nothing
        behind that would hold the watermark back (FAULTS C03).
        """
        attributes = {"event_type": HEARTBEAT, _SENT_AT: instant_as_text(now)}
        try:
            self._publisher.publish(LOGS, [Message(b"", attributes)])
        except TransientError:
            # One that is not on its way is not to be waited for.
            _log.warning("a heartbeat could not be sent")
            self.arrive(attributes)
        else:
            self._change(lambda known: known.sent(now))

    def _change(self, change: Change) -> _Known:
        """Change what is known; return what was, without the heartbeats of long ago."""
        for _ in range(_RACES):
            try:
                return self._try(change)
            except PreconditionFailed:
                continue
        raise TransientError("the heartbeats were written by others each time")

    def _try(self, change: Change) -> _Known:
        (document,) = self._documents.get([_PATH])
        before = _known(document).since(self._clock() - _PATIENCE)
        after = change(before)
        if after != before:
            when = OfVersion(document.version) if document else Existence.ABSENT
            fields = {
                _BEING_SENT: sorted(after.being_sent),
                _ON_THEIR_WAY: sorted(after.on_their_way),
            }
            self._documents.commit([Put(_PATH, fields, when)])
        return before


def _known(document: Document | None) -> _Known:
    if document is None:
        return _Known()
    fields = document.fields
    return _Known(_instants(fields.get(_BEING_SENT)), _instants(fields.get(_ON_THEIR_WAY)))


def _instants(stored: object) -> frozenset[datetime]:
    if not isinstance(stored, list):
        return frozenset()
    return frozenset(at.astimezone(UTC) for at in stored if isinstance(at, datetime))
