"""Reading values of unknown kind out of JSON objects."""

from collections.abc import Iterable, Mapping

Fields = Mapping[str, object]

NAME_LIMIT = 200
# Names are redacted before they are cut; more than a limit and a margin is read of none.
NAME_READ_LIMIT = 512
# What is larger could be written into no message, and would hold up all that go with it.
_LARGEST = 2**63 - 1
_NOTHING: Fields = {}


def object_at(fields: Fields, name: str) -> Fields:
    """Return the object under `name`, an empty one if there is none.

    >>> object_at({"a": {"b": 1}, "c": 2}, "a"), object_at({"c": 2}, "c")
    ({'b': 1}, {})
    """
    value = fields.get(name)
    return value if isinstance(value, dict) else _NOTHING


def first_text(fields: Fields, names: Iterable[str], limit: int = NAME_READ_LIMIT) -> str:
    """Return the first text under one of `names`, at most `limit` characters; "" if none.

    >>> first_text({"a": 1, "b": "", "c": "found"}, ("a", "b", "c"))
    'found'
    """
    if fields:
        for name in names:
            value = fields.get(name)
            if value and isinstance(value, str):
                return value[:limit]
    return ""


def number_of(value: object) -> float | None:
    """Return a number, or a text that is one; None for all else, booleans included.

    >>> number_of("12.5"), number_of(3), number_of(True), number_of("many")
    (12.5, 3.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None


def whole_of(value: object) -> int | None:
    """Return a whole number, or a text that is one (proto JSON writes int64 so); None for all else.

    What is beyond 64 bits is as large as they can say.

    >>> whole_of(500), whole_of("500"), whole_of(0.5), whole_of("NaN")
    (500, 500, None, None)
    """
    if type(value) is int:
        return _bounded(value)
    number = number_of(value)
    return _bounded(int(number)) if number is not None and number.is_integer() else None


def _bounded(number: int) -> int:
    return max(-_LARGEST, min(number, _LARGEST))
