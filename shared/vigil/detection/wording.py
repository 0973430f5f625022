"""What a line's wording tells: that a resource has run out, or that somebody tries to get in."""

from functools import lru_cache
from typing import NamedTuple

from vigil.detection.wording_rule import ANY_RULE, WORDING_RULES, RuleKind, WordingRule


class Wording(NamedTuple):
    """Which rules a line hits, in the order of the file, and what that comes to.

    `refused` is a line that tells of one attempt that was refused; it is of `security` too.
    """

    resource: bool = False
    security: bool = False
    refused: bool = False
    rules: tuple[WordingRule, ...] = ()


_NOTHING = Wording()


# Read once for each template, not for each line; a template has at most 300 characters.
@lru_cache(maxsize=8192)
def wording_of(line: str) -> Wording:
    """Return what a masked line's wording tells, in time linear in its length (FAULTS D26).

    >>> [rule.rule_id for rule in wording_of("write failed: No space left on device").rules]
    ['disk']
    >>> wording_of("invalid token from <*>").refused, wording_of("token accepted").security
    (True, False)
    """
    text = line.encode("utf-8", "replace")
    if not ANY_RULE.search(text):
        return _NOTHING
    hit = tuple([rule for rule in WORDING_RULES if rule.matches(text)])
    if not hit:
        return _NOTHING
    return Wording(
        any(rule.kind is RuleKind.RESOURCE for rule in hit),
        any(rule.kind is RuleKind.SECURITY for rule in hit),
        any(rule.refusal for rule in hit),
        hit,
    )
