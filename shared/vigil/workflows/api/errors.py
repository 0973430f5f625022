"""What the API says when it cannot do what it was asked: always in one shape."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from vigil.errors import InvalidRequest, PermanentError, TransientError
from vigil.telemetry import logger
from vigil.workflows.access import NotAllowed, NotIdentified
from vigil.workflows.error_shape import STATUSES, error_body

T = TypeVar("T")
_log = logger(__name__)
_RETRY_AFTER_SECONDS = "1"

_CODES = {status: code for code, status in STATUSES.items()}
_REFUSALS = {
    "not_found": "there is no such path; /openapi.json lists those that there are",
    "method_not_allowed": "this path does not take this method; /openapi.json says which it takes",
}


class NotFound(PermanentError):
    """There is nothing of that id, or it is somebody else's: both say the same (FAULTS D01)."""

    def __init__(self, message: str = "there is nothing of this id") -> None:
        super().__init__(message)


class Conflict(PermanentError):
    """What was asked for does not fit what is there now; the text says why."""


class Json(Response):
    """A JSON answer of what is JSON already."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return `content` as bytes; a number that JSON does not know becomes null."""
        return orjson.dumps(content)


def error_answer(code: str, message: str, headers: Mapping[str, str] | None = None) -> Json:
    """Return the one shape of error (FAULTS D36); `code` is one of STATUSES."""
    return Json(error_body(code, message), STATUSES[code], headers=dict(headers or {}))


def found(thing: T | None) -> T:
    """Return what was looked for; raise NotFound if it is not there."""
    if thing is None:
        raise NotFound
    return thing


def answer_errors(api: FastAPI) -> None:
    """Give every error that a route, a dependency or FastAPI may raise its answer."""
    for kind, answer in _ANSWERS.items():
        api.add_exception_handler(kind, answer)


def _answering(
    code: str, headers: Mapping[str, str] | None = None
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_request: Request, error: Exception) -> Response:
        return error_answer(code, str(error), headers)

    return answer


async def _unavailable(_request: Request, _error: Exception) -> Response:
    _log.exception("a request could not be answered this time")
    headers = {"Retry-After": _RETRY_AFTER_SECONDS}
    return error_answer("unavailable", "try again in a moment", headers)


async def _invalid_parameters(_request: Request, error: Exception) -> Response:
    invalid = cast("RequestValidationError", error)
    problems = [f"{_name(each)}: {each['msg']}" for each in invalid.errors()]
    return error_answer("invalid_request", "; ".join(problems))


def _name(problem: Mapping[str, Any]) -> str:
    """Return the parameter's name; the first part of a location says where it stood.

    A body that is missing or is no JSON has no names in it.
    """
    names = [str(part) for part in problem["loc"][1:]]
    return "body" if problem["type"] == "json_invalid" or not names else ".".join(names)


async def _http(_request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: paths and methods that there are not."""
    refused = cast("HTTPException", error)
    code = _CODES.get(refused.status_code, "invalid_request")
    return error_answer(code, _REFUSALS.get(code, refused.detail), refused.headers)


_ANSWERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    InvalidRequest: _answering("invalid_request"),
    NotIdentified: _answering("not_identified", {"WWW-Authenticate": "Bearer"}),
    NotAllowed: _answering("not_allowed"),
    NotFound: _answering("not_found"),
    Conflict: _answering("conflict"),
    TransientError: _unavailable,
    RequestValidationError: _invalid_parameters,
    HTTPException: _http,
}
