"""Which requests come in, decided before a body is read."""

from collections.abc import Iterable

from vigil.adapters.push_identity import PushIdentity, PushRefused
from vigil.doors.answer import ALIVE, Answer, refused
from vigil.doors.head import Head
from vigil.errors import TransientError
from vigil.telemetry import Logger, logger

HEALTH = frozenset({"/", "/health"})
_log = logger(__name__)


class Gate:
    """Stands before the paths of a door: only posts come in, and only from whom `identity` lets.

    Whoever asks for its health is answered at once. `project` makes the name of a trace whole.
    """

    def __init__(self, identity: PushIdentity, paths: Iterable[str], *, project: str = "") -> None:
        self._identity = identity
        self._paths = frozenset(paths)
        self._project = project

    def answer(self, head: Head) -> Answer | None:
        """Return the answer to a request that does not come in, None if it does."""
        if head.method in ("GET", "HEAD") and head.path in HEALTH:
            return ALIVE
        if head.path not in self._paths:
            return refused(404)
        if head.method != "POST":
            return refused(405)
        return self._identified(head)

    def log(self, head: Head) -> Logger:
        """Return the logger of what belongs to a request."""
        trace_id, span_id = head.trace
        if trace_id and self._project:
            trace_id = f"projects/{self._project}/traces/{trace_id}"
        return _log.bind(trace=trace_id, span_id=span_id, path=head.path)

    def failed(self, head: Head, error: Exception, **fields: object) -> Answer:
        """Log the error that is being handled; return an answer that tells nothing of it."""
        log = self.log(head).bind(**fields)
        if isinstance(error, TransientError):
            log.warning("a push was not finished this time and will come again", reason=str(error))
        else:
            log.exception("a push was not finished and will come again")
        return refused(500)

    def _identified(self, head: Head) -> Answer | None:
        try:
            self._identity.check(head.headers)
        except PushRefused as error:
            self.log(head).warning("a push was refused", reason=str(error))
            return refused(403 if "authorization" in head.headers else 401)
        except TransientError as error:
            return self.failed(head, error)
        return None
