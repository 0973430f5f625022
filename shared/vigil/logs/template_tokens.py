"""The tokens of a masked line, with all that varies in them as variables."""

import re
from functools import lru_cache

from vigil.logs.masking import VARIABLE

Tokens = tuple[str, ...]

_WORD = r"-\w$@\\/+%&*<>"
# A name with a digit here and there that ends in letters: OAuth2Error, S3Client.
_NAME = rf"(?P<name>(?<![{_WORD}.])(?:[A-Za-z]+\d){{1,2}}[A-Za-z]*[a-z]{{3}}(?![{_WORD}.]))"
# What is joined to a variable or a digit varies with it, and so does what stands after a sign of
# equality; dots in a row are a line of dots.
_WHOLE = re.compile(
    rf"""
    (?<==) [^\s,;)\]}}]++
  | {_NAME}
  | (?<![{_WORD}]) (?:[^\W\d]|[$@\\/+%&*-]|\.(?!\.))* (?:\d|<\*>)
    (?:[{_WORD}]|\.(?!\.)|:(?=[\d<]))*+
    """,
    re.VERBOSE,
)
# What may stand around a variable in a token that is nothing else.
_AROUND = "<*>.,;:()[]{}'\"=-+/#@_"


@lru_cache(maxsize=8192)
def tokens_of(masked: str) -> Tokens:
    """Return the tokens of a masked line, with all that varies in them as variables.

    Variables that follow each other are one: a list has as many as it has.

    >>> " ".join(tokens_of("blk_<*> lock(tag=view, ws=null) to <*> <*>, held by S3Client"))
    '<*> lock(tag=<*>, ws=<*>) to <*> held by S3Client'
    """
    tokens: list[str] = []
    for token in _WHOLE.sub(_variable_or_name, masked).split():
        bare = VARIABLE in token and not token.strip(_AROUND)
        if not (bare and tokens and tokens[-1] == VARIABLE):
            tokens.append(VARIABLE if bare else token)
    return tuple(tokens)


def _variable_or_name(found: re.Match[str]) -> str:
    return found["name"] or VARIABLE
