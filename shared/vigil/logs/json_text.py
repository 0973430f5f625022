"""JSON from outside, with nothing hostile left in it (FAULTS A06, A07, A08, A10)."""

import json
import math
import zlib
from collections.abc import Mapping
from datetime import datetime

import orjson

from vigil.errors import InvalidLogEntry

# Cloud Logging's largest entry has 512 KiB; escapes can make its JSON several times longer.
SIZE_LIMIT = 2 * 1024 * 1024
INFLATION_RATIO_LIMIT = 100
DEPTH_LIMIT = 100
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_NUL_ESCAPE = b"\\u0000"
# Longer numbers are no measurement, and converting them takes quadratic time.
_DIGITS_LIMIT = 400


def read_object(raw: bytes | str, *, size_limit: int = SIZE_LIMIT) -> dict[str, object]:
    """Return the JSON object in `raw`, which may be compressed with gzip.

    NaN, infinities and numbers too large for a float become None, lone surrogates and bytes that
    are not UTF-8 become U+FFFD, NUL is removed, of duplicate keys the last one stays. Raises
    InvalidLogEntry for what is not an object, is larger than `size_limit` bytes, inflates more than
    INFLATION_RATIO_LIMIT times, or is nested too deeply.

    >>> read_object(b'{"a": 1, "a": 2, "b": NaN}')
    {'a': 2, 'b': None}
    """
    content = raw if isinstance(raw, bytes) else clean_text(raw).encode()
    if content[:2] == _GZIP:
        content = _inflated(content, size_limit)
    if len(content) > size_limit:
        raise InvalidLogEntry("too large")
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        value = _read_leniently(content)
    else:
        if _NUL_ESCAPE in content:
            value = clean(value)
    if not isinstance(value, dict):
        raise InvalidLogEntry("not an object")
    return value


def clean(value: object, depth: int = 0) -> object:
    """Return `value` without what JSON in UTF-8 cannot carry; foreign types become None.

    Raises InvalidLogEntry beyond DEPTH_LIMIT levels.
    """
    if isinstance(value, str):
        return clean_text(value)
    if depth > DEPTH_LIMIT:
        raise InvalidLogEntry("nested too deeply")
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, depth + 1) for item in value]
    return _clean_scalar(value)


def clean_text(text: str) -> str:
    r"""Return `text` without NUL, and with U+FFFD in the place of each lone surrogate.

    >>> clean_text("a\x00b\ud800")
    'ab\ufffd'
    """
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "")


def _clean_scalar(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -(2**63) <= value < 2**64 else _finite(value)
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool) else None


def _finite(number: float | str) -> float | None:
    try:
        value = float(number)
    except (OverflowError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _inflated(content: bytes, size_limit: int) -> bytes:
    limit = min(size_limit, INFLATION_RATIO_LIMIT * len(content))
    inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        # One byte more than allowed tells a bomb from what just fits, without inflating the bomb.
        inflated = inflater.decompress(content, limit + 1)
    except zlib.error:
        raise InvalidLogEntry("damaged gzip") from None
    if len(inflated) > limit:
        raise InvalidLogEntry("inflates too far")
    if not inflater.eof or inflater.unused_data:
        raise InvalidLogEntry("damaged gzip")
    return inflated


def _read_leniently(content: bytes) -> object:
    """Read what orjson refuses but applications write: NaN, lone surrogates, broken UTF-8."""
    text = content.decode("utf-8", "replace").lstrip("\ufeff")
    if not text.strip():
        raise InvalidLogEntry("empty")
    try:
        value = json.loads(
            text,
            strict=False,
            parse_constant=lambda _: None,
            parse_float=_finite,
            parse_int=_bounded_int,
        )
    except RecursionError:
        raise InvalidLogEntry("nested too deeply") from None
    except ValueError:
        raise InvalidLogEntry("not JSON") from None
    return clean(value)


def _bounded_int(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS_LIMIT else None
