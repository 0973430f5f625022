"""How SQLite keeps a document: a JSON text that its indexes can read, and its bytes beside it.

In the JSON, numbers stand as they are and every other scalar is a text that starts with its kind,
so that SQLite's own order, numbers before texts, is an order of typed values:

    "0" None · "1f" "1t" booleans · "d" and 18 digits, an instant · "s" and a text ·
    "x", offset and length, the place of bytes in the blob

Maps and lists stay maps and lists. A map's own keys can never be mistaken for ours.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import orjson

from vigil.adapters.instants import instant_of, microseconds_of


def packed(fields: Mapping[str, object]) -> tuple[str, bytearray]:
    """Return the JSON text and the blob of fields that `document_limits` has allowed.

    >>> packed({"name": "shop", "count": 2, "state": b"ab"})
    ('{"name":"sshop","count":2,"state":"x0:2"}', bytearray(b'ab'))
    """
    blob = bytearray()
    body = {str(name): _encoded(value, blob) for name, value in fields.items()}
    return orjson.dumps(body).decode(), blob


def unpacked(body: str, blob: bytes) -> dict[str, object]:
    """Return the fields that `packed` took.

    >>> unpacked('{"name":"sshop","count":2,"state":"x0:2"}', b"ab")
    {'name': 'shop', 'count': 2, 'state': b'ab'}
    """
    view = memoryview(blob)
    return {name: _decoded(value, view) for name, value in orjson.loads(body).items()}


def packed_scalar(value: object) -> str:
    """Return the JSON text by which a query compares a scalar."""
    return orjson.dumps(_encoded(value, bytearray())).decode()


def bounds(scalar: str) -> tuple[float | str, str]:
    """Return what lies just below and just above all values of the kind of a packed scalar.

    >>> bounds('"sshop"'), bounds("17")
    (('s', 't'), (-inf, ''))
    """
    if not scalar.startswith('"'):
        return float("-inf"), ""
    kind = scalar[1]
    return kind, chr(ord(kind) + 1)


def _encoded(value: object, blob: bytearray) -> object:
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value, blob)
    return value


def _encoded_bytes(value: bytes, blob: bytearray) -> str:
    offset = len(blob)
    blob += value
    return f"x{offset}:{len(value)}"


def _encoded_map(value: dict[str, object], blob: bytearray) -> dict[str, object]:
    return {str(name): _encoded(item, blob) for name, item in value.items()}


_ENCODERS: tuple[tuple[type, Callable[..., object]], ...] = (
    (str, lambda value, _blob: "s" + value),
    (bool, lambda value, _blob: "1t" if value else "1f"),
    (datetime, lambda value, _blob: f"d{microseconds_of(value):018d}"),
    (dict, _encoded_map),
    (list, lambda value, blob: [_encoded(item, blob) for item in value]),
    (bytes, _encoded_bytes),
    (type(None), lambda _value, _blob: "0"),
)


def _decoded(value: object, blob: memoryview) -> object:
    if isinstance(value, str):
        return _DECODERS[value[0]](value[1:], blob)
    if isinstance(value, dict):
        return {name: _decoded(item, blob) for name, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item, blob) for item in value]
    return value


def _decoded_bytes(text: str, blob: memoryview) -> bytes:
    offset, length = map(int, text.split(":"))
    return bytes(blob[offset : offset + length])


_DECODERS: dict[str, Callable[[str, memoryview], object]] = {
    "s": lambda text, _blob: text,
    "0": lambda _text, _blob: None,
    "1": lambda text, _blob: text == "t",
    "d": lambda text, _blob: instant_of(int(text)),
    "x": _decoded_bytes,
}
