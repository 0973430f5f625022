"""What a series says: how often each of its error lines comes, and lines that say what is wrong."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from vigil.detection.baseline import Baseline
from vigil.detection.detectors.template_rates import TemplateRates
from vigil.detection.finding import Finding
from vigil.detection.learned.first_lines import FirstLines
from vigil.detection.reading import Reading
from vigil.detection.rules.by_wording import hits_in
from vigil.detection.rules.resource_exhaustion import resource_exhaustion
from vigil.detection.rules.security_incident import security_incident
from vigil.detection.seen import Seen
from vigil.detection.template_count import TemplateCount
from vigil.detection.told import NEW_ERROR
from vigil.detection.trust import PRIOR_OF_WORDS
from vigil.detection.warm_up import Subject, WarmUp
from vigil.detection.wording_rule import RuleKind
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

_RESOURCE, _SECURITY = "(resource)", "(security)"
# Of the state of the rates.
_PARTS = 4


class LearnedLines:
    """Finds error lines that are new or come more often than they do, and lines that tell of need.

    A line that always comes is not news, however bad it sounds; while it is still being learned
    what always comes, `FirstLines` judges by the limits.
    """

    name: ClassVar[str] = "lines"

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._rates = TemplateRates()
        self._first = FirstLines(thresholds)

    def find(self, seen: Seen) -> list[Finding]:
        """Return what is unusual in the lines of a window."""
        found = [self._error_line(seen), *self._tellings(seen)]
        return [finding for finding in found if finding is not None]

    def learn(self, seen: Seen) -> None:
        """Learn how often each error line came.

        One that surges counts as much as any other, but for the first windows: from so few a
        trouble would be usual at once.
        """
        counts = {template: count.failed for template, count in seen.lines.items() if count.failed}
        counts[_RESOURCE], counts[_SECURITY] = seen.window.resource, seen.window.security
        for kind in RuleKind:
            counts |= {_name_of(h.rule.rule_id): h.lines for h in hits_in(seen.window, kind)}
        entries, at = seen.window.entries, seen.place.start
        if self._rates.ready:
            self._rates = self._rates.resolved(seen.resolve)
            self._rates.learn_one(counts, entries, at)
            return
        strayed = self._first.learn(seen, self._rates)
        self._rates = self._rates.resolved(seen.resolve)
        self._rates.learn_one(counts, entries, at, strayed=strayed)
        if self._rates.ready:
            self._rates.learn_one(self._first.withheld(seen.resolve), 0, at)

    def readings(self, seen: Seen) -> list[Reading]:
        """Return nothing: what is said is no number."""
        return []

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned."""
        return [WarmUp(Subject.ERROR_LINES, self._rates.needs())]

    def to_json(self) -> Any:
        """Return its state as plain values."""
        first = [] if self._rates.ready else [self._first.to_json()]
        return [*self._rates.to_json(), *first]

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LearnedLines":
        """Return what `to_json` gave."""
        lines = cls(thresholds)
        lines._rates = TemplateRates.from_json(plain[:_PARTS])
        # None where it is known what is usual.
        for first in plain[_PARTS:]:
            lines._first = FirstLines.from_json(first, thresholds)
        return lines

    def _error_line(self, seen: Seen) -> Finding | None:
        """Return the error line that is least expected, of those that came often enough."""
        if not self._rates.ready:
            return self._first.find(seen, self._rates)
        rates = self._rates.resolved(seen.resolve)
        often = [
            (rates.chance(template, count.failed, seen.window.entries), template, count)
            for template, count in sorted(seen.lines.items())
            if count.failed >= max(self._thresholds.repeated_errors, 1)
        ]
        if not often:
            return None
        chance, template, count = min(often, key=_chance_of)
        usual = rates.expected(template, seen.window.entries) if rates.known(template) else None
        return self._unexpected(seen, chance, count, usual)

    def _unexpected(
        self, seen: Seen, chance: float, count: TemplateCount, usual: float | None
    ) -> Finding:
        beside = "never seen before" if usual is None else f"usually {usual:.1f} in as many"
        return Finding(
            AnomalyType.UNUSUAL_PATTERN,
            Severity.MEDIUM,
            0.0,
            f"The same error {count.failed} times among {seen.window.entries} logs, {beside}: "
            f'"{count.text}"',
            {
                "repetitions": count.failed,
                "usual_repetitions": usual or 0.0,
                "failed": seen.window.failed,
            },
            count.first_us,
            (count,),
            seen.window.failing_traces,
            detector=NEW_ERROR if usual is None else "error_surge",
            chance=chance * self._rates.tries,
        )

    def _tellings(self, seen: Seen) -> Iterator[Finding | None]:
        """Yield the findings by wording, doubted where such lines always come."""
        yield self._doubted(_RESOURCE, resource_exhaustion(seen.window, self._thresholds), seen)
        yield self._doubted(_SECURITY, security_incident(seen.window, self._thresholds), seen)

    def _doubted(self, kind: str, finding: Finding | None, seen: Seen) -> Finding | None:
        if finding is None or not self._rates.ready:
            return finding
        # By the rule where one is named: a leaked key is no less rare for the many who are refused.
        name = _name_of(finding.detector) if finding.detector else kind
        chance = self._chance(name, int(finding.metrics["matches"]), seen)
        return replace(finding, chance=chance, prior=PRIOR_OF_WORDS)

    def _chance(self, template: str, count: int, seen: Seen) -> float:
        return self._rates.chance(template, count, seen.window.entries)


def _name_of(rule_id: str) -> str:
    return f"({rule_id})"


def _chance_of(item: tuple[float, str, TemplateCount]) -> tuple[float, str]:
    return item[0], item[1]
