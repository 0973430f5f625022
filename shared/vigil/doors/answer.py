"""What a door answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from vigil.workflows.error_shape import error_body

# The same words for every caller: they help to find a mistake, and nobody to make another one.
_ERRORS = {
    401: ("not_identified", "this door needs the token of a service account that may push"),
    403: ("not_allowed", "this caller may not push here"),
    404: ("not_found", "there is no such path"),
    405: ("method_not_allowed", "this path is posted to"),
    413: ("body_too_large", "nothing that is sent here is as large as this"),
    500: ("internal_error", "something went wrong here; it was recorded"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request; a body is JSON."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


DONE = Answer(204)
ALIVE = Answer(200, b'{"status":"ok"}')


def refused(status: int) -> Answer:
    """Return the answer of one of the statuses above 400, in the one shape of errors (FAULTS D36).

    >>> refused(404).body
    b'{"status":"error","error":{"code":"not_found","message":"there is no such path"}}'
    """
    code, message = _ERRORS[status]
    return answered(status, error_body(code, message))


def answered(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer with a body."""
    return Answer(status, orjson.dumps(body), headers or {})
