"""Which keys hold a secret, and which of their values look like one."""

import re
from itertools import pairwise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", re.ASCII)
_SECRET_WORDS = _words(
    "password passwd passphrase passcode pwd secret secrets token apikey credential credentials"
    " authorization csrf xsrf otp cvv cvc dsn bearer sessid sessionid jsessionid phpsessid jwt"
    " connectionstring"
)
_SECRET_ENDINGS = ("password", "passwd", "secret", "token", "apikey", "pwd", "accesskey")
# These name other things as well, so only a value that looks like a secret is one.
_WEAK_WORDS = _words("auth pass pin sig signature cookie session sess key")
_KEY_OWNERS = _words(
    "api access app application auth private account shared license encryption signing secret"
    " client master ssh service storage admin"
)
# A key that ends so speaks about the secret: token_count, token_type, password_policy.
_ABOUT = _words(
    "count counts limit max min length len size type name names id ids expiry expires expired"
    " expiration ttl status valid error errors policy hint age path file version used usage total"
    " remaining input output required enabled present bucket index at ms s"
)
_PLAIN_VALUES = _words(
    "true false null none nil undefined string error failed failure invalid expired missing"
    " required bearer basic digest token not for from user with was has and the yes no empty"
    " unset redacted hidden masked incorrect wrong denied accepted rejected success succeeded"
)
_PLACEHOLDERS = ("$", "%", "*", "<", "{")
SURE, UNSURE, NO = 2, 1, 0
# By the key's strength and whether a sign assigns the value: the least length, with a digit in it.
_SHORTEST = {(SURE, False): 8, (UNSURE, True): 6}


def strength_of(key: str) -> int:
    """Return SURE (2) for a key that holds secrets, UNSURE (1) for one that may, else NO (0).

    >>> strength_of("x-api-key"), strength_of("dbPassword"), strength_of("auth")
    (2, 2, 1)
    >>> strength_of("author"), strength_of("max_tokens"), strength_of("token_count")
    (0, 0, 0)
    """
    words = [word.lower() for word in _WORD.findall(key)]
    if words and words[-1].isdigit():
        words.pop()
    if not words or words[-2:] in (["session", "id"], ["webhook", "url"]):
        return SURE if words else NO
    if words[-1] in _ABOUT:
        return NO
    if any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS) for word in words):
        return SURE
    if any(second == "key" and first in _KEY_OWNERS for first, second in pairwise(words)):
        return SURE
    return UNSURE if words[-1] in _WEAK_WORDS else NO


def is_secret_value(strength: int, assigned: bool, value: str) -> bool:
    """Whether the value of a key of that strength is a secret.

    `assigned` says that a sign stands between the two (`=`, `:`), not only a space as in prose.

    >>> is_secret_value(2, True, "hunter2"), is_secret_value(2, True, "expired")
    (True, False)
    >>> is_secret_value(2, False, "refresh"), is_secret_value(1, True, "ldap")
    (False, False)
    """
    if value.lower().rstrip(".!") in _PLAIN_VALUES or value.startswith(_PLACEHOLDERS):
        return False
    if assigned and strength == SURE:
        return True
    shortest = _SHORTEST.get((strength, assigned))
    return shortest is not None and len(value) >= shortest and any(c.isdigit() for c in value)
