"""The door of cleanup: once a day, by Cloud Scheduler, and again while there is more to delete."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from vigil.doors.answer import Answer, answered
from vigil.doors.clock import utc_now
from vigil.doors.flask_side import FlaskDoor
from vigil.doors.gate import Gate
from vigil.doors.google_documents import documents_of
from vigil.doors.head import Head
from vigil.doors.once import Once
from vigil.doors.push_accounts import push_identity
from vigil.settings import Settings
from vigil.workflows.cleanup import Cleanup

# A minute less than the function and its caller have.
_WORKS_FOR = timedelta(minutes=4)


def make_door(settings: Settings, environ: Mapping[str, str]) -> FlaskDoor:
    """Return the door of this function; raise InvalidSettings for what it cannot work with.

    Nothing that a caller sends decides what is deleted: each document carries the end that its
    tenant's retention gave it.
    """
    made = Once(lambda: Cleanup(documents=documents_of(settings, environ), clock=utc_now))
    gate = Gate(push_identity(settings, environ), ["/"], project=settings.project or "")

    def clean_up(head: Head, body: bytes) -> Answer:
        try:
            return answered(200, asdict(made().run_until(utc_now() + _WORKS_FOR)))
        except Exception as error:
            # What was deleted is deleted; the next call goes on.
            return gate.failed(head, error)

    return FlaskDoor(gate, clean_up)
