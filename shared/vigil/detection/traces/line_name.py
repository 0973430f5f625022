"""The names under which lines of log and spans are counted."""

import re
from functools import lru_cache
from hashlib import blake2b

from vigil.logs.masking import LINE_LIMIT, VARIABLE, mask
from vigil.logs.redaction import redact_start

_LIMIT = 80
# What is told as the value of something varies, whatever it looks like.
_VALUES = re.compile(r"(?<=[:=])\s*+(?![\s\[({])[^\s,;\[\](){}]++")


def line_name(message: str) -> str:
    """Return the start of a line with what varies masked, redacted, the same for the same line.

    Values after a colon or an equals sign vary, too, and of a list it does not matter how long it
    is: words that came before are left out. Long ones end in a part of their hash.

    >>> line_name("order 17 of customer: ann refused, item=tea, item=milk")
    'order <*> of customer:<*> refused item=<*>'
    """
    return _named(mask(message))


# Spans are named alike all the time, lines hardly ever.
span_name = lru_cache(maxsize=8192)(line_name)


@lru_cache(maxsize=8192)
def _named(masked: str) -> str:
    words = _VALUES.sub(VARIABLE, masked).split()
    if len(masked) >= LINE_LIMIT:
        # The last word may have been cut anywhere.
        words = words[:-1] or words
    line = " ".join(dict.fromkeys([word.rstrip(",;") for word in words]))
    if len(line) <= _LIMIT:
        return redact_start(line, _LIMIT)
    digest = blake2b(line.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{redact_start(line, _LIMIT - len(digest) - 1)}#{digest}"
