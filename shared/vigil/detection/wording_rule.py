"""The reviewed rules on what lines say, from the file that is shipped beside this one."""

import pkgutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vigil.logs.redaction_patterns import Pattern, compiled
from vigil.model.severity import Severity

RULES_FILE = "wording_rules.toml"


class RuleKind(StrEnum):
    """What a line tells of."""

    RESOURCE = "resource"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class WordingRule:
    """A reviewed rule; `wording_rules.toml` says what its fields mean."""

    rule_id: str
    kind: RuleKind
    title: str
    severity: Severity
    pattern: Pattern
    unless: Pattern | None
    refusal: bool
    lines: int
    actions: tuple[str, ...]

    def matches(self, line: bytes) -> bool:
        """Whether it says something of a masked `line`, in UTF-8; time is linear in its length."""
        if not self.pattern.search(line):
            return False
        return self.unless is None or not self.unless.search(line)


def any_of(patterns: Iterable[str]) -> Pattern:
    """Return a pattern that finds what any of `patterns` finds, in upper and lower case."""
    return compiled("(?i)(?:" + ")|(?:".join(patterns) + ")")


def read_tables() -> list[dict[str, Any]]:
    """Return the rules as they stand in the file."""
    content = pkgutil.get_data("vigil.detection", RULES_FILE)
    tables: list[dict[str, Any]] = tomllib.loads((content or b"").decode())["rule"]
    return tables


def rule_of(table: Mapping[str, Any]) -> WordingRule:
    """Return the rule in a table; raises KeyError or ValueError for one that is not whole."""
    return WordingRule(
        rule_id=table["id"],
        kind=RuleKind(table["kind"]),
        title=table["title"],
        severity=Severity(table["severity"]),
        pattern=any_of(table["patterns"]),
        unless=any_of(table["unless"]) if "unless" in table else None,
        refusal=table.get("refusal", False),
        lines=table.get("lines", 1),
        actions=tuple(table["actions"]),
    )


_TABLES = read_tables()
WORDING_RULES: tuple[WordingRule, ...] = tuple(rule_of(table) for table in _TABLES)
# Most lines hit no rule, and one search tells so.
ANY_RULE = any_of(pattern for table in _TABLES for pattern in table["patterns"])
