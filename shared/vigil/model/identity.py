"""Identity from content: the same event twice has the same id."""

import re
from hashlib import blake2b

from vigil.errors import InvalidRequest

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# Firestore keeps ids of this form for itself.
_RESERVED = re.compile(r"__.*__")


def content_id(*parts: object) -> str:
    """Return the id of what `parts` describe: `v1-` and 32 hexadecimal digits.

    Parts are joined unambiguously, so ("a", "bc") and ("ab", "c") differ. The version is part of
    the id, because a change of what is hashed must never look like the same thing.

    >>> content_id("acme", "POST /payment") == content_id("acme", "POST /payment")
    True
    >>> content_id("a", "bc") == content_id("ab", "c")
    False
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        text = str(part).encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(text))
        digest.update(text)
    return f"v1-{digest.hexdigest()}"


def checked_id(value: str) -> str:
    """Return `value` if it may stand in a document's path (FAULTS D04).

    Raises InvalidRequest otherwise.
    """
    if not _ID.fullmatch(value) or _RESERVED.fullmatch(value):
        raise InvalidRequest(
            "an id has 1 to 128 letters, digits, '_' or '-', and is not enclosed in '__'"
        )
    return value
