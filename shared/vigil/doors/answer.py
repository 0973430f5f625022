"""What a door answers."""

from dataclasses import dataclass

import orjson

# The same words for every caller: they help to find a mistake, and nobody to make another one.
_ERRORS = {
    401: ("not_identified", "this door needs the token of a service account that may push"),
    403: ("not_allowed", "this caller may not push here"),
    404: ("not_found", "there is no such path"),
    405: ("method_not_allowed", "pushes are posted"),
    413: ("body_too_large", "no push is as large as this"),
    500: ("internal_error", "something went wrong here; it was recorded"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request; a body is JSON."""

    status: int
    body: bytes = b""


DONE = Answer(204)
ALIVE = Answer(200, b'{"status":"ok"}')


def refused(status: int) -> Answer:
    """Return the answer of one of the statuses above 400, in the one shape of errors (FAULTS D36).

    >>> refused(404).body
    b'{"status":"error","error":{"code":"not_found","message":"there is no such path"}}'
    """
    code, message = _ERRORS[status]
    return answered(status, {"status": "error", "error": {"code": code, "message": message}})


def answered(status: int, body: object) -> Answer:
    """Return an answer with a body."""
    return Answer(status, orjson.dumps(body))
