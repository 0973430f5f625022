"""The endpoint of a request: its method and its path with the ids masked."""

import re
from functools import lru_cache

from vigil.logs.fields import NAME_LIMIT, Fields, first_text
from vigil.logs.redaction import redact_name, redact_start

ID_MASK = "{id}"
_CACHED_LENGTH = 512
_URL_LIMIT = 4096
_WORD_LIMIT = 64
_METHOD_LIMIT = 64
_METHOD = re.compile(r"[A-Za-z]{1,16}", re.ASCII)
_TEMPLATE_STARTS = ("{", ":", "<")
_ID = re.compile(
    r"[0-9]+(?:[-_:,][0-9]+)*"
    r"|[0-9]+(?:\.[0-9]+){2,}"
    r"|[A-Za-z]{1,16}[-_]?[0-9]{3,}"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}",
    re.ASCII,
)
_TOKEN = re.compile(r"[A-Za-z0-9_=~.+%:-]{10,}", re.ASCII)
_LONG_TOKEN_LENGTH = 16
_TOKEN_DIGITS = 3
_MIXED_CASE_DIGITS = 2
_METHOD_FIELDS = ("http.request.method", "http.method", "method", "requestMethod")
_ROUTE_FIELDS = ("endpoint", "route", "http.route", "url.path")


def endpoint_of(request: Fields, payload: Fields) -> str:
    """Return `METHOD /path` of the request, else the payload's endpoint or route, else "".

    >>> endpoint_of({"requestMethod": "GET", "requestUrl": "https://shop.example/orders/42?a"}, {})
    'GET /orders/{id}'
    """
    url = request.get("requestUrl")
    if url and isinstance(url, str):
        method = request.get("requestMethod")
        return masked_endpoint(method if isinstance(method, str) else "", url)
    route = first_text(payload, _ROUTE_FIELDS)
    return _route_endpoint(payload, route) if route else ""


def masked_endpoint(method: str, url: str) -> str:
    """Return `METHOD /path` of an address, without host and query, and with its ids masked.

    Ids are numbers, UUIDs, hexadecimal words, long tokens, addresses of people and words that end
    in a number of three digits; segments that are templates already stay as they are. At most
    NAME_LIMIT characters.

    >>> masked_endpoint("post", "/orders/{orderId}/items/8a533bf9-bd12-4608-a8eb-606890982448")
    'POST /orders/{orderId}/items/{id}'
    >>> masked_endpoint("GET", "/api/v1/users/jo@example.com/avatar.png?size=2")
    'GET /api/v1/users/{id}/avatar.png'
    """
    # Without its query an address repeats more often, and no secret in it is remembered.
    address = url.partition("?")[0]
    if len(address) <= _CACHED_LENGTH and len(method) <= _METHOD_LIMIT:
        return _cached_endpoint(method, address)
    if len(address) > _URL_LIMIT:
        # The segment that is cut in two could be half of a secret.
        address = f"{address[:_URL_LIMIT].rpartition('/')[0]}/{ID_MASK}"
    return _endpoint(method, address)


def _endpoint(method: str, address: str) -> str:
    verb = method.upper() if _METHOD.fullmatch(method) else ""
    return redact_start(f"{verb} {_masked_path(address)}".strip(), NAME_LIMIT)


# Paths with ids repeat little, those without repeat all the time; 8,192 of them are about 2 MB.
_cached_endpoint = lru_cache(maxsize=8192)(_endpoint)


def _masked_path(address: str) -> str:
    scheme, found, rest = address.partition("://")
    if found and "/" not in scheme:
        _, _, address = rest.partition("/")
    path = address.partition("#")[0]
    segments = (segment.partition(";")[0] for segment in path.split("/") if segment)
    return "/" + "/".join(ID_MASK if _is_id(segment) else segment for segment in segments)


def _is_id(segment: str) -> bool:
    # Most segments are plain words; every kind of id but an over-long one has a digit or an "@".
    if segment.startswith(_TEMPLATE_STARTS) or (segment.isalpha() and len(segment) <= _WORD_LIMIT):
        return False
    if len(segment) > _WORD_LIMIT or "@" in segment or "%40" in segment:
        return True
    return bool(_ID.fullmatch(segment)) or _is_token(segment)


def _is_token(segment: str) -> bool:
    if not _TOKEN.fullmatch(segment):
        return False
    digits = sum(character.isdigit() for character in segment)
    if len(segment) >= _LONG_TOKEN_LENGTH and digits >= _TOKEN_DIGITS:
        return True
    mixed = segment != segment.lower() and segment != segment.upper()
    return mixed and digits >= _MIXED_CASE_DIGITS


def _route_endpoint(payload: Fields, route: str) -> str:
    method, found, path = route.partition(" ")
    if found and path.startswith("/") and _METHOD.fullmatch(method):
        return masked_endpoint(method, path)
    if route.startswith("/") or "://" in route:
        return masked_endpoint(first_text(payload, _METHOD_FIELDS), route)
    return redact_name(route)
