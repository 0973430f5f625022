"""What a model has written, made bare: nothing in it can be followed, rendered or hidden."""

import re
import unicodedata

LINK = "[link]"
# More than any limit asks for, so that an answer of megabytes is not read to its end.
_READ_AT_MOST = 4000
# Taking something out can bring the next thing together; who goes on like that is hostile, and
# loses what marks are made of.
_ROUNDS = 6
_MARKS = str.maketrans("", "", "[]()<>/`*~_#|!")
_HIDDEN = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "", "Co": "", "Cn": ""}
# Each pattern begins with a literal and runs over one class, so none is worse than quadratic in a
# text of bounded length.
_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    # An image or a link in Markdown keeps its words and loses its address.
    (re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)"), r"\1"),
    (re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>"), " "),
    (
        re.compile(
            r"(?:[A-Za-z][A-Za-z0-9+.-]{0,20}:)?//\S*|\b(?:www|mailto|data|javascript)[.:]\S+"
            r"|\b[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}[/?]\S+"
        ),
        LINK,
    ),
    (re.compile(r"\]\("), "] ("),
    (re.compile(r"`+|\*\*+|~~+|__+"), ""),
    (re.compile(r"^[\s#>|-]+"), ""),
    (re.compile(r"\s+"), " "),
)


def bare(text: str, limit: int) -> str:
    """Return `text` as one line of at most `limit` characters, without links and mark-up.

    Addresses become `[link]`; HTML tags, Markdown and invisible characters go. What is left is for
    showing as plain text only.

    >>> bare("**Look** at ![x](https://evil.example/?q=1) or http://evil.example\\n<b>now</b>", 80)
    'Look at x or [link] now'
    """
    shown = unicodedata.normalize("NFKC", text[:_READ_AT_MOST])
    line = "".join(_HIDDEN.get(unicodedata.category(character), character) for character in shown)
    for _ in range(_ROUNDS):
        before, line = line, _stripped(line)
        if line == before:
            break
    else:
        line = _stripped(line.translate(_MARKS))
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _stripped(line: str) -> str:
    for pattern, instead in _STEPS:
        line = pattern.sub(instead, line)
    return line.strip()
