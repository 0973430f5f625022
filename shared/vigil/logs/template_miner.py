"""The template of a line: its constant part, the same for every line that one statement writes.

A template is a function of the line alone. Nothing is merged by similarity and nothing is
remembered but a memo, so the order of lines changes nothing, and there is no state to keep or to
ship. It is bounded by who counts templates.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from vigil.logs.redaction import redact_start
from vigil.model.identity import content_id

LINE_LIMIT = 300
VARIABLE = "<*>"

# Every quantifier that could be tried twice is possessive and every alternative begins at a
# boundary, so a token is read a fixed number of times whatever is in it (FAULTS D26). RE2's Python
# wrapper needs ten times as long here.
_VARIABLES = re.compile(
    r"""
    (?<![\w+.-]) [a-zA-Z][a-zA-Z0-9+.-]*+ :// \S++   # URL
  | (?<![\w.+-]) [\w.+-]++ @ [\w.-]++   # address of a person
  | (?<!\w) [0-9a-fA-F]{8} - (?:[0-9a-fA-F]{4}-){3} [0-9a-fA-F]{12} (?!\w)     # UUID
  | (?<![\w.-]) [\w-]++ (?:\.[\w-]++){2,}+ (?::\d++)?+   # host, IP address, package
  | (?<![^\W_]) [-+]?+ \d\w*+ (?:[.:,-]\d\w*+)*+   # number, time, size
  | (?<![^\W_]) (?=[a-fA-F]*+\d) [0-9a-fA-F]{6,}+ (?![^\W_])   # hexadecimal id
    """,
    re.VERBOSE,
)
# A Python traceback says what failed in its last line; its first is the same for all of them.
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Template:
    """The constant part of a line, redacted; `template_id` comes from the text."""

    template_id: str
    text: str


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
    tokens = telling_line(message).split()
    return " ".join([token if token.isalpha() else _masked_token(token) for token in tokens])


def template_of(message: str) -> Template:
    """Return the template of the telling line of `message`.

    >>> template_of("user 12 declined") == template_of("user 7 declined")
    True
    """
    # Masked only after it is redacted: masking breaks a random key into pieces that nobody knows.
    text = mask(redacted_line(message))
    return Template(content_id("template", text), text)


def _whole_line(message: str) -> str:
    text = message.strip()
    line = text.partition("\n")[0]
    return text.rpartition("\n")[2] if line.startswith(_TRACEBACK) else line


@lru_cache(maxsize=8192)
def _masked_token(token: str) -> str:
    return _VARIABLES.sub(VARIABLE, token)
