"""Changes that people and programs made, as Cloud Audit Logs tell of them."""

import pkgutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from vigil.logs.log_entry import LogEntry
from vigil.logs.redaction import redact_name
from vigil.logs.redaction_patterns import Pattern, compiled
from vigil.logs.traits import AUDIT_METHOD, AUDIT_TARGET
from vigil.model.change import Change, ChangeKind
from vigil.model.identity import content_id

RULES_FILE = "change_rules.toml"
_LOGS = "cloudaudit.googleapis.com/"
# What Google does to its own parts of a cluster goes on all the time.
_SYSTEM = ("/namespaces/kube-", "/namespaces/gke-", "/namespaces/gmp-")


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """A reviewed rule; `change_rules.toml` says what its fields mean."""

    kind: ChangeKind
    says: str
    service_after: frozenset[str]
    methods: Pattern

    def service_in(self, resource: str) -> str:
        """Return the service that a resource's name holds, "" if none."""
        parts = resource.split("/")
        for collection, name in pairwise(parts):
            if collection in self.service_after:
                return name
        return ""


def read_tables() -> list[dict[str, Any]]:
    """Return the rules as they stand in the file."""
    content = pkgutil.get_data("vigil.detection", RULES_FILE)
    tables: list[dict[str, Any]] = tomllib.loads((content or b"").decode())["rule"]
    return tables


def rule_of(table: Mapping[str, Any]) -> ChangeRule:
    """Return the rule in a table; raises KeyError or ValueError for one that is not whole."""
    return ChangeRule(
        ChangeKind(table["kind"]),
        table["says"],
        frozenset(filter(None, table["service"].split("|"))),
        compiled("^(?:" + "|".join(table["methods"]) + ")$"),
    )


CHANGE_RULES: tuple[ChangeRule, ...] = tuple(rule_of(table) for table in read_tables())


@lru_cache(maxsize=1024)
def rule_for(method: str) -> ChangeRule | None:
    """Return the rule on a method's name, None for what changes nothing.

    >>> rule_for("google.cloud.run.v1.Services.ReplaceService").kind.value
    'deployment'
    >>> rule_for("google.cloud.run.v1.Services.GetService") is None
    True
    """
    name = method.encode("utf-8", "replace")
    return next((rule for rule in CHANGE_RULES if rule.methods.search(name)), None)


def changes_in(entries: Iterable[LogEntry], tenant_id: str) -> list[Change]:
    """Return the changes that audit entries tell of, each once, in order of time.

    Calls that failed changed nothing. A long operation is told of by its first entry alone. The
    same entry gives the same `change_id`, however often it comes.
    """
    found = {change.change_id: change for change in _told_by(entries, tenant_id)}
    return sorted(found.values(), key=lambda change: (change.at, change.change_id))


def _told_by(entries: Iterable[LogEntry], tenant_id: str) -> Iterator[Change]:
    for entry in entries:
        if entry.log_id.startswith(_LOGS) and not entry.failed:
            traits = dict(entry.traits)
            target, rule = traits.get(AUDIT_TARGET, ""), rule_for(traits.get(AUDIT_METHOD, ""))
            if rule is not None and not any(system in target for system in _SYSTEM):
                yield _change(rule, entry, target, tenant_id)


def _change(rule: ChangeRule, entry: LogEntry, resource: str, tenant_id: str) -> Change:
    service = redact_name(rule.service_in(resource))
    name = redact_name(resource.rstrip("/").rpartition("/")[2]) or "something without a name"
    says = rule.says if service or "{name}" in rule.says else f"{rule.says} of {{name}}"
    return Change(
        content_id("change", tenant_id, entry.digest),
        tenant_id,
        rule.kind,
        service,
        says.format(name=name),
        entry.occurred_at,
    )
