"""A door that takes pushed messages one at a time, and answers when their work is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vigil.adapters.push_identity import PushIdentity
from vigil.doors.answer import DONE, Answer
from vigil.doors.gate import Gate
from vigil.doors.head import Head
from vigil.errors import InvalidLogEntry, InvalidSettings, PermanentError, UndeclaredQuery
from vigil.logs.push_message import PushMessage
from vigil.telemetry import Logger

Work = Callable[[PushMessage], object]

# These are no fault of the message: it is handled once somebody has mended what is.
_OURS = (InvalidSettings, UndeclaredQuery)


def only_logged(push: PushMessage) -> None:
    """Do nothing more about a message that is set aside: the door's own log tells of it."""


@dataclass(frozen=True, slots=True)
class Route:
    """What is done with a message, and what with one that no retry will help."""

    work: Work
    set_aside: Work = only_logged


class PushDoor:
    """Gives the messages that are pushed to some paths to their workflows.

    204 acknowledges what is done, and what will never be: that is logged, accounted for, and does
    not come again (FAULTS A06). 500 has a message redelivered; it says nothing of why.
    """

    def __init__(
        self, identity: PushIdentity, routes: Mapping[str, Route], *, project: str = ""
    ) -> None:
        self.gate = Gate(identity, routes, project=project)
        self._routes = routes

    def take(self, head: Head, body: bytes) -> Answer:
        """Return the answer to a push that the gate has let in; never raises."""
        log = self.gate.log(head)
        try:
            push = PushMessage.parse(body, head.headers)
        except InvalidLogEntry as error:
            log.error("a push that is no message was set aside", reason=error.reason)
            return DONE
        try:
            return _handled(self._routes[head.path], push, log)
        except Exception as error:
            # Whatever it was, the message is safe in its subscription and comes again.
            return self.gate.failed(head, error, message_id=push.message_id)


def _handled(route: Route, push: PushMessage, log: Logger) -> Answer:
    try:
        route.work(push)
    except _OURS:
        raise
    except PermanentError as error:
        log.error(
            "a message that no retry will help was set aside",
            reason=str(error),
            message_id=push.message_id,
        )
        route.set_aside(push)
    return DONE
