"""Values as Firestore's messages carry them."""

from collections.abc import Callable, Mapping
from datetime import datetime

from vigil.adapters.firestore_messages import Message
from vigil.adapters.instants import instant_of, microseconds_of
from vigil.errors import PermanentError

_SECOND = 1_000_000
# From the start of the year 1, where our instants begin, to 1970, where Firestore's do.
_EPOCH_SECONDS = 62_135_596_800


def encode(fields: Mapping[str, object], into: Message) -> None:
    """Write fields that `document_limits` has allowed into a message's map of values."""
    for name, value in fields.items():
        encode_value(value, into[name])


def encode_value(value: object, into: Message) -> None:
    """Write one value into an empty message, where it lies: copying one takes twice the time."""
    write = _ENCODERS.get(type(value)) or _encoder_of_subclass(value)
    write(into, value)


def decode(fields: Message) -> dict[str, object]:
    """Return the fields in a message's map of values.

    Raises PermanentError for a kind of value that Vigil never writes.
    """
    return {name: decode_value(value) for name, value in fields.items()}


def decode_value(value: Message) -> object:
    """Return one value; raises PermanentError as `decode` does."""
    kind = value.WhichOneof("value_type")
    decode_kind = _DECODERS.get(kind)
    if decode_kind is None:
        raise PermanentError(f"a document holds a {kind}, which Vigil never writes")
    return decode_kind(getattr(value, kind))


def _encoder_of_subclass(value: object) -> Callable[..., None]:
    for kind, write in _ENCODERS.items():
        if isinstance(value, kind):
            return write
    raise PermanentError(f"a {type(value).__name__} cannot be kept in a document")


def _put_text(into: Message, value: str) -> None:
    into.string_value = value


def _put_bool(into: Message, value: bool) -> None:
    into.boolean_value = value


def _put_integer(into: Message, value: int) -> None:
    into.integer_value = value


def _put_float(into: Message, value: float) -> None:
    into.double_value = value


def _put_instant(into: Message, value: datetime) -> None:
    seconds, microseconds = divmod(microseconds_of(value), _SECOND)
    into.timestamp_value.seconds = seconds - _EPOCH_SECONDS
    into.timestamp_value.nanos = microseconds * 1_000


def _put_map(into: Message, value: Mapping[str, object]) -> None:
    # An empty one would otherwise be no value at all.
    into.map_value.SetInParent()
    encode(value, into.map_value.fields)


def _put_list(into: Message, value: list[object]) -> None:
    into.array_value.SetInParent()
    for item in value:
        encode_value(item, into.array_value.values.add())


def _put_bytes(into: Message, value: bytes) -> None:
    into.bytes_value = value


def _put_none(into: Message, _value: None) -> None:
    into.null_value = 0


_ENCODERS: dict[type, Callable[..., None]] = {
    str: _put_text,
    bool: _put_bool,
    int: _put_integer,
    float: _put_float,
    datetime: _put_instant,
    dict: _put_map,
    list: _put_list,
    bytes: _put_bytes,
    type(None): _put_none,
}


def _instant(value: Message) -> datetime:
    return instant_of((value.seconds + _EPOCH_SECONDS) * _SECOND + value.nanos // 1_000)


def _as_it_is(value: object) -> object:
    return value


_DECODERS: dict[str, Callable[[Message], object]] = {
    "string_value": _as_it_is,
    "boolean_value": _as_it_is,
    "integer_value": _as_it_is,
    "double_value": _as_it_is,
    "bytes_value": _as_it_is,
    "timestamp_value": _instant,
    "map_value": lambda value: decode(value.fields),
    "array_value": lambda value: [decode_value(item) for item in value.values],
    "null_value": lambda _value: None,
}
