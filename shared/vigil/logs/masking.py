"""Masking: a line with what varies replaced, the same for every line that one statement writes.

What a line is masked to is a function of the line alone, so the order of lines changes nothing.
Words that vary are no matter of one line: that is learned by `template_miner`.
"""

import re
from functools import lru_cache

from vigil.logs.redaction import redact_start

LINE_LIMIT = 300
VARIABLE = "<*>"

# All digits look alike, so a line that differs from an earlier one by its digits is known already.
_DIGIT = "0"
# Bytes are translated twenty times faster than text, and no other letter has a digit's byte.
_ALIKE = bytes.maketrans(b"123456789", _DIGIT.encode() * 9)
# Every quantifier that could be tried twice is possessive and every alternative begins at a
# boundary, so a token is read a fixed number of times whatever is in it (FAULTS D26). RE2's Python
# wrapper needs ten times as long here.
_VARIABLES = re.compile(
    r"""
    (?<![\w+.-]) [a-zA-Z][a-zA-Z0-9+.-]*+ :// \S++   # URL
  | (?<![\w.+-]) [\w.+-]++ @ [\w.-]++   # address of a person
  | (?<!\w) [0-9a-fA-F]{8} - (?:[0-9a-fA-F]{4}-){3} [0-9a-fA-F]{12} (?!\w)     # UUID
  | (?<![\w:]) (?:[0-9A-Fa-f]{2}:){3,}+ [0-9A-Fa-f]{2} (?![\w:])   # hardware address
  | (?<![\w.-]) [a-z\d-]++ (?:\.[a-z\d-]++){2,}+ (?::\d++)?+ (?![\w.-])  # host, IP address
  | (?<![^\W_]) [-+]?+ \d\w*+ (?:[.:,-]\d\w*+)*+   # number, time, size
  | (?<![^\W_]) (?=[a-fA-F]*+\d) [0-9a-fA-F]{6,}+ (?![^\W_])   # hexadecimal id
    """,
    re.VERBOSE,
)
# A Python traceback says what failed in its last line; its first is the same for all of them.
_TRACEBACK = "Traceback (most recent call last)"


def telling_line(message: str) -> str:
    """Return the line of `message` that says what happened, at most LINE_LIMIT characters of it.

    >>> telling_line("Traceback (most recent call last):\\n  File ...\\nValueError: no cart\\n")
    'ValueError: no cart'
    """
    return _whole_line(message)[:LINE_LIMIT]


def redacted_line(message: str) -> str:
    """Return the telling line of `message`, redacted before it is cut at LINE_LIMIT characters.

    >>> redacted_line("mail to ann@example.com bounced\\nTry again")
    'mail to [EMAIL] bounced'
    """
    return redact_start(_whole_line(message), LINE_LIMIT)


def mask(message: str) -> str:
    """Return the telling line of `message` with what varies replaced; not yet redacted.

    >>> mask("order 1234 of ann@example.com refused by 10.0.0.7:8080 after 1.5s")
    'order <*> of <*> refused by <*> after <*>'
    """
    # Most messages are one short line, of which nothing has to be cut.
    is_line = len(message) <= LINE_LIMIT and "\n" not in message
    line = message if is_line else telling_line(message)
    encoded = line.encode("utf-8", "surrogatepass")
    masked = _masked_line(encoded.translate(_ALIKE))
    return _with_own_digits(masked, line) if _DIGIT in masked else masked


def _whole_line(message: str) -> str:
    text = message.strip()
    line = text.partition("\n")[0]
    return text.rpartition("\n")[2] if line.startswith(_TRACEBACK) else line


@lru_cache(maxsize=16384)
def _masked_line(encoded: bytes) -> str:
    tokens = encoded.decode("utf-8", "surrogatepass").split()
    return " ".join([token if token.isalpha() else _masked_token(token) for token in tokens])


def _with_own_digits(masked: str, line: str) -> str:
    """Return `masked` with the digits of `line` in the names that have kept them."""
    pairs = zip(masked.split(" "), line.split(), strict=True)
    return " ".join([_masked_token(own) if _DIGIT in alike else alike for alike, own in pairs])


@lru_cache(maxsize=16384)
def _masked_token(token: str) -> str:
    return _VARIABLES.sub(VARIABLE, token)
