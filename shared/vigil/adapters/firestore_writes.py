"""Writes as Firestore's messages carry them."""

import re
from collections.abc import Iterable, Sequence

from vigil.adapters.document_limits import check_amount, checked_size
from vigil.adapters.firestore_messages import CommitRequest, Database, Message
from vigil.adapters.firestore_values import encode
from vigil.errors import PermanentError, PreconditionFailed
from vigil.ports import Delete, Existence, Increment, OfVersion, Precondition, Put, Write

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def commit_request(database: Database, writes: Iterable[Write]) -> Message:
    """Return the request that makes `writes`, in their order, or none.

    Raises PermanentError for a write that no store would take.
    """
    request = CommitRequest(database=database.name)
    for write in writes:
        _encode_write(database, write, request.writes.add())
    return request


def has_precondition(writes: Iterable[Write]) -> bool:
    """Say whether a commit of `writes` can fail because of what is there."""
    return any(not isinstance(write, Increment) and write.when is not None for write in writes)


def may_be_repeated(writes: Sequence[Write]) -> bool:
    """Say whether the commit may be sent again when nobody knows if it was made.

    To put and to delete twice is to do it once, but a counter would count twice, unless something
    in the commit can only be made once. To put what was read is not such a thing: Firestore leaves
    the version as it is where a write changes nothing.
    """
    return any(map(_happens_once, writes)) or not any(isinstance(w, Increment) for w in writes)


def version_of(update_time: Message) -> str:
    """Return the update time of a document, exact, as its version."""
    return f"{update_time.seconds}.{update_time.nanos:09d}"


def _happens_once(write: Write) -> bool:
    if isinstance(write, Put):
        return write.when is Existence.ABSENT
    return isinstance(write, Delete) and write.when not in (None, Existence.ABSENT)


def _encode_write(database: Database, write: Write, into: Message) -> None:
    name = database.document(write.path)
    if isinstance(write, Increment):
        _encode_increment(name, write, into)
        return
    _encode_precondition(write.when, into.current_document)
    if isinstance(write, Delete):
        into.delete = name
    else:
        checked_size(write.path, write.fields)
        into.update.name = name
        encode(write.fields, into.update.fields)


def _encode_increment(name: str, write: Increment, into: Message) -> None:
    _check_increment(write)
    into.update.name = name
    encode(write.fields, into.update.fields)
    # A mask, even an empty one, is what leaves the other fields as they are.
    into.update_mask.SetInParent()
    into.update_mask.field_paths.extend(map(_field_path, write.fields))
    for field, amount in write.amounts.items():
        transform = into.update_transforms.add(field_path=_field_path(field))
        transform.increment.integer_value = amount


def _check_increment(write: Increment) -> None:
    for amount in write.amounts.values():
        check_amount(amount)
    if write.amounts.keys() & write.fields.keys():
        raise PermanentError(f"{write.path}: a field is either set or added to")
    checked_size(write.path, {**write.fields, **write.amounts})


def _encode_precondition(when: Precondition, into: Message) -> None:
    if isinstance(when, OfVersion):
        _encode_version(when.version, into.update_time)
    elif when is not None:
        into.exists = when is Existence.PRESENT


def _encode_version(version: str, into: Message) -> None:
    seconds, _, nanos = version.partition(".")
    try:
        into.seconds, into.nanos = int(seconds), int(nanos)
    except ValueError:
        # No document ever had it, so none has it still.
        raise PreconditionFailed("a version is what was read with a document") from None


def _field_path(name: str) -> str:
    """Return the path of the one field of that name: a dot in it separates nothing.

    >>> _field_path("count"), _field_path("k8s.io/app"), _field_path("a`b")
    ('count', '`k8s.io/app`', '`a\\\\`b`')
    """
    if _PLAIN_NAME.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
