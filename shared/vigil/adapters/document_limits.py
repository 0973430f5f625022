"""What a document may hold wherever it is kept: Firestore's limits, checked before it is sent.

Sources: Firestore's pages "Quotas and limits", "Storage size calculations" and the reference of
`Document` and `MapValue`, which keep field names of the form `__x__` for Firestore at every depth.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from vigil.adapters.instants import microseconds_of
from vigil.errors import PermanentError
from vigil.model.identity import checked_id

# A field may have as much; a whole document a little more, which is not worth a second limit.
DOCUMENT_LIMIT_BYTES = 1_048_487
DEPTH_LIMIT = 20
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1

_NAME_LIMIT_BYTES = 1_500
_PATH_BYTES, _DOCUMENT_BYTES = 16, 32
_RESERVED_NAME = re.compile(r"__.*__", re.DOTALL)


def split_path(path: str) -> tuple[str, str, str]:
    """Return the parent ("" at the top), the collection and the id of a document's path.

    Raises PermanentError for a path that names no document or holds what an id may not hold.

    >>> split_path("tenants/acme/incidents/i1")
    ('tenants/acme', 'incidents', 'i1')
    """
    segments = path.split("/")
    if len(segments) % 2:
        raise PermanentError("a document's path is collection/id, or more such pairs")
    for segment in segments:
        checked_id(segment)
    return "/".join(segments[:-2]), segments[-2], segments[-1]


def checked_size(path: str, fields: Mapping[str, object]) -> int:
    """Return the size of a document in bytes, as Firestore counts it, if it may be kept.

    Raises PermanentError, naming the field and never quoting its value, for what a document cannot
    hold: other types than the port's, naive datetimes, NaN and infinities, integers beyond 64 bits,
    lone surrogates, lists in lists, more than 20 lists and maps in each other, reserved or empty
    names, and more than 1,048,487 bytes in all.

    >>> checked_size("tenants/acme", {"name": "Acme", "count": 3})
    85
    """
    size = len(path) + 1 + _PATH_BYTES + _DOCUMENT_BYTES
    for name, value in fields.items():
        try:
            size += _name_size(name) + _size(value, 0)
        except PermanentError as error:
            raise PermanentError(f"field {name!r} of {path}: {error}") from error
    if size > DOCUMENT_LIMIT_BYTES:
        raise PermanentError(f"{path} has {size} bytes; {DOCUMENT_LIMIT_BYTES} are the most")
    return size


def check_amount(amount: object) -> None:
    """Raise PermanentError unless a counter can grow by `amount`."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise PermanentError(f"a counter grows by an integer, not by a {type(amount).__name__}")
    _integer_size(amount, 0)


def _size(value: object, depth: int) -> int:
    measure = _MEASURES.get(type(value)) or _measure_of_subclass(value)
    return measure(value, depth)


def _measure_of_subclass(value: object) -> Callable[..., int]:
    for kind, measure in _MEASURES.items():
        if isinstance(value, kind):
            return measure
    raise PermanentError(f"a {type(value).__name__} cannot be kept in a document")


def _name_size(name: object) -> int:
    if not isinstance(name, str) or not name or _RESERVED_NAME.fullmatch(name):
        raise PermanentError("a field's name is a text, not empty, and not enclosed in '__'")
    size = _text_size(name, 0)
    if size > _NAME_LIMIT_BYTES:
        raise PermanentError(f"a field's name has at most {_NAME_LIMIT_BYTES} bytes")
    return size


def _text_size(value: str, _depth: int) -> int:
    try:
        return len(value.encode()) + 1
    except UnicodeEncodeError:
        # The encoder's error carries the text, which may be personal.
        raise PermanentError("a lone surrogate is no text") from None


def _integer_size(value: int, _depth: int) -> int:
    if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
        raise PermanentError("an integer has at most 64 bits")
    return 8


def _float_size(value: float, _depth: int) -> int:
    if not math.isfinite(value):
        raise PermanentError("NaN and infinities cannot be compared across stores")
    return 8


def _datetime_size(value: datetime, _depth: int) -> int:
    microseconds_of(value)
    return 8


def _list_size(value: list[object], depth: int) -> int:
    if any(isinstance(item, list) for item in value):
        raise PermanentError("a list cannot hold a list")
    deeper = _deeper(depth)
    return sum(_size(item, deeper) for item in value)


def _map_size(value: dict[object, object], depth: int) -> int:
    deeper = _deeper(depth)
    return sum(_name_size(name) + _size(item, deeper) for name, item in value.items())


def _deeper(depth: int) -> int:
    if depth >= DEPTH_LIMIT:
        raise PermanentError(f"at most {DEPTH_LIMIT} lists and maps may lie in each other")
    return depth + 1


_MEASURES: dict[type, Callable[..., int]] = {
    str: _text_size,
    bool: lambda _value, _depth: 1,
    int: _integer_size,
    float: _float_size,
    datetime: _datetime_size,
    dict: _map_size,
    list: _list_size,
    bytes: lambda value, _depth: len(value),
    type(None): lambda _value, _depth: 1,
}
