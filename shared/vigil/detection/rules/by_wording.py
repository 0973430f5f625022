"""The lines of a window, by the reviewed rules on wording that they hit."""

from collections import defaultdict
from dataclasses import dataclass

from vigil.detection.evidence import most_frequent, traces_of
from vigil.detection.finding import Finding
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window
from vigil.detection.wording import wording_of
from vigil.detection.wording_rule import RuleKind, WordingRule
from vigil.model.anomaly import AnomalyType
from vigil.model.tenant import Thresholds

_TYPES = {
    RuleKind.RESOURCE: AnomalyType.RESOURCE_EXHAUSTION,
    RuleKind.SECURITY: AnomalyType.SECURITY_INCIDENT,
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule, and the templates of a window that hit it."""

    rule: WordingRule
    templates: tuple[TemplateCount, ...]

    @property
    def lines(self) -> int:
        """How many lines hit it."""
        return sum(count.count for count in self.templates)


def hits_in(window: Window, kind: RuleKind) -> list[Hit]:
    """Return the rules of a kind that lines of a window hit, the gravest and most frequent first.

    Lines whose templates found no room in the window are in its counts only (FAULTS A19).
    """
    found: defaultdict[str, list[TemplateCount]] = defaultdict(list)
    rules: dict[str, WordingRule] = {}
    for count in window.templates.values():
        for rule in wording_of(count.text).rules:
            if rule.kind is kind:
                rules[rule.rule_id] = rule
                found[rule.rule_id].append(count)
    hits = [Hit(rule, tuple(found[rule_id])) for rule_id, rule in rules.items()]
    return sorted(hits, key=_gravest_first)


def gravest_hit(hits: list[Hit], thresholds: Thresholds) -> Hit | None:
    """Return the first of `hits` that has as many lines as its rule asks for.

    A refusal alone is a forgotten password: of those `thresholds.repeated_errors` are needed.
    """
    refused = max(thresholds.repeated_errors, 1)
    enough = [h for h in hits if h.lines >= (refused if h.rule.refusal else h.rule.lines)]
    return enough[0] if enough else None


def finding_of(hit: Hit, window: Window) -> Finding:
    """Return what a rule that is hit says of a window.

    One line leaves a doubt of 0.2, which each further line halves; of refusals the confidence is
    that of `repeated_errors`.
    """
    evidence, lines = most_frequent(list(hit.templates)), hit.lines
    return Finding(
        _TYPES[hit.rule.kind],
        hit.rule.severity,
        (lines + 1) / (lines + 2) if hit.rule.refusal else 1.0 - 0.4 * 0.5**lines,
        f'{hit.rule.title}, by {lines} of {window.entries} logs: "{evidence[0].text}"',
        {"matches": lines, "entries": window.entries},
        min(count.first_us for count in hit.templates),
        evidence,
        traces_of(evidence),
        detector=hit.rule.rule_id,
    )


def _gravest_first(hit: Hit) -> tuple[int, int, str]:
    return -hit.rule.severity.rank, -hit.lines, hit.rule.rule_id
