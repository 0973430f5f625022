"""Text from logs, made safe to show: one line, without anything that a screen would obey."""

import re
import unicodedata

# Runs of these patterns cannot overlap, so a hostile line costs no more than its length.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d]*(?:\x07|\x1b\\|\x9c)"  # titles, hyperlinks
    r"|\x1b[ -~]?"
)
# Far more than any limit asks for, so that a message of megabytes is not read to its end.
_READ_AT_MOST = 20_000
_SPACES = re.compile(r"\s+")
# Cf holds the marks that turn the writing direction and those that have no width.
_SHOWN_AS = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "\N{REPLACEMENT CHARACTER}"}


def plain(text: str, limit: int = 1000) -> str:
    r"""Return `text` as one line of at most `limit` characters, its end cut off with an ellipsis.

    Terminal escape sequences, marks that reverse the writing direction and characters without width
    are dropped, line breaks and other control characters become a space: what was logged can
    neither fake a line nor move a cursor (FAULTS D17, D19).

    >>> plain("\x1b[31mfailed\x1b[0m\r\nCRITICAL: all is lost")
    'failed CRITICAL: all is lost'
    >>> plain("abcdef", limit=4)
    'abc…'
    """
    visible = "".join(map(_shown, _ESCAPE_SEQUENCE.sub("", text[:_READ_AT_MOST])))
    line = _SPACES.sub(" ", visible).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _shown(character: str) -> str:
    return _SHOWN_AS.get(unicodedata.category(character), character)
