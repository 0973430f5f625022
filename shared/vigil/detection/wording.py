"""What a line's wording tells: that a resource has run out, or that someone was kept out."""

import re
from functools import lru_cache
from typing import NamedTuple

# Gaps between words are short and bounded, and a line has at most 300 characters, so the search is
# linear.
_RESOURCE = re.compile(
    r"""
    \b out \s? of \s? memory | \b oom[-_ ]? kill | \b cannot \s allocate \s memory
  | \b memory \s limit \b .{0,40} \b exceeded
  | \b java \s heap \s space | \b gc \s overhead \s limit
  | \b no \s space \s left | \b (?:disk|filesystem|volume) \s (?:is \s)? full
  | \b too \s many \s open \s (?:files|connections) | \b too \s many \s connections
  | \b connection \s slots \s are \s reserved
  | pool \b .{0,20} \b exhausted | \b queuepool \s limit
  | \b exhausted \b .{0,20} \b pool | \b resource[_ ]exhausted
  | \b quota \b .{0,20} \b exceeded | \b exceeded \b .{0,20} \b quota
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SECURITY = re.compile(
    r"""
    \b unauthori[sz]ed | \b (?:permission|access) \s denied | \b forbidden \b
  | \b invalid \s (?:\w{1,12} \s)? (?:token|credentials?|password|signature|api \s key|user \s from)
  | \b (?:token|signature) \s (?:is \s)? (?:invalid|expired)
  | \b failed \s (?:login|logon|password) | \b (?:login|logon|authentication) \s fail(?:ed|ure)
  | \b sql \s injection | \b break-?in \s attempt | \b brute[- ]?force | \b privilege \s escalation
    """,
    re.IGNORECASE | re.VERBOSE,
)


class Wording(NamedTuple):
    """Whether a line says that a resource has run out, and that someone was kept out."""

    resource: bool
    security: bool


@lru_cache(maxsize=8192)
def wording_of(line: str) -> Wording:
    """Return what a masked line's wording tells.

    >>> wording_of("write failed: No space left on device"), wording_of("invalid token from <*>")
    (Wording(resource=True, security=False), Wording(resource=False, security=True))
    """
    return Wording(_RESOURCE.search(line) is not None, _SECURITY.search(line) is not None)
