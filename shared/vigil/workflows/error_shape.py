"""The one shape of every error that a caller is told (FAULTS D36)."""

# The codes that a client may rely on, and their statuses.
STATUSES = {
    "invalid_request": 400,
    "not_identified": 401,
    "not_allowed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "body_too_large": 413,
    "rate_limited": 429,
    "internal_error": 500,
    "unavailable": 503,
}


def error_body(code: str, message: str) -> dict[str, object]:
    """Return the body of an error; `code` is one of STATUSES, `message` for people.

    >>> error_body("conflict", "it is resolved")
    {'status': 'error', 'error': {'code': 'conflict', 'message': 'it is resolved'}}
    """
    return {"status": "error", "error": {"code": code, "message": message}}
