"""Which error lines a series repeats while it is not known yet which it always does."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from vigil.detection.detectors.first_windows import chance_beside
from vigil.detection.detectors.spell import LASTED_SECONDS, Spell
from vigil.detection.detectors.template_rates import TemplateRates
from vigil.detection.finding import Finding
from vigil.detection.phrases import luck
from vigil.detection.rules.repeated_errors import repeated_errors
from vigil.detection.seen import Seen
from vigil.detection.template_count import TemplateCount
from vigil.detection.trust import PRIOR_OF_LIMITS
from vigil.model.tenant import Thresholds


class FirstLines:
    """Finds that the limit of repeated errors is broken, and that this is no level of the series.

    It is told of a line that the windows before did not have, or had more seldom than luck
    explains, and of one that has lasted LASTED_SECONDS. What a series says from its first window on
    may be what it always says.

    Of what strayed little is learned, lest a trouble become usual at once. It is `withheld` until
    the first windows are over: what has been told for so long is no longer news.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._spell = Spell(thresholds.window_seconds)
        self._withheld: dict[str, int] = {}

    def find(self, seen: Seen, rates: TemplateRates) -> Finding | None:
        """Return the line that is told of, by what `rates` know so far; changes nothing."""
        strayed = self._strayed(seen, rates)
        if strayed:
            return min(strayed.items(), key=_surest)[1]
        broken = repeated_errors(seen.window, self._thresholds)
        if broken is None or not self._spell.lasted(seen.place.start):
            return None
        minutes = LASTED_SECONDS // 60
        return replace(broken, description=f"{broken.description}, for {minutes} minutes")

    def withheld(self, resolve: Callable[[str], str]) -> Mapping[str, int]:
        """Return how often what strayed came in all, by template."""
        counts: Counter[str] = Counter()
        for template, count in self._withheld.items():
            counts[resolve(template)] += count
        return counts

    def learn(self, seen: Seen, rates: TemplateRates) -> frozenset[str]:
        """Learn whether the limit is broken, and return the templates that strayed."""
        broken = repeated_errors(seen.window, self._thresholds) is not None
        self._spell.learn_one(broken=broken, at=seen.place.start)
        strayed = frozenset(self._strayed(seen, rates))
        known = rates.resolved(seen.resolve)
        counts = Counter({t: n for t, n in self.withheld(seen.resolve).items() if known.known(t)})
        counts.update({template: seen.lines[template].failed for template in sorted(strayed)})
        self._withheld = dict(counts)
        return strayed

    def to_json(self) -> Any:
        """Return its state as plain values."""
        return [self._spell.to_json(), dict(self._withheld)]

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "FirstLines":
        """Return what `to_json` gave."""
        lines = cls(thresholds)
        lines._spell = Spell.from_json(plain[0], thresholds.window_seconds)
        lines._withheld = dict(plain[1])
        return lines

    def _strayed(self, seen: Seen, rates: TemplateRates) -> dict[str, Finding]:
        """Return what is told of each template that is no level, nothing of a first window."""
        if not rates.windows:
            return {}
        least = self._thresholds.minimum_confidence
        return {
            template: found
            for template, found in self._changes(seen, rates.resolved(seen.resolve))
            if seen.is_sure(found, least)
        }

    def _changes(self, seen: Seen, rates: TemplateRates) -> Iterator[tuple[str, Finding]]:
        for template, count in sorted(seen.lines.items()):
            alone = seen.window._replace(templates={template: count})
            broken = repeated_errors(alone, self._thresholds)
            if broken is not None:
                yield template, _beside(broken, template, count, seen.window.entries, rates)


def _beside(
    broken: Finding, template: str, count: TemplateCount, entries: int, rates: TemplateRates
) -> Finding:
    """Return a broken limit, as sure as it is that the line came more seldom before."""
    if not rates.known(template):
        return replace(broken, description=f"{broken.description}, not seen before")
    chance = chance_beside(count.failed, entries, *rates.before(template))
    chance = min(chance * rates.tries, 1.0)
    before = f"before {rates.expected(template, entries):.1f} in as many, {luck(chance)}"
    description = f"{broken.description}; {before}"
    return replace(broken, description=description, chance=chance, prior=PRIOR_OF_LIMITS)


def _surest(item: tuple[str, Finding]) -> tuple[float, str]:
    template, found = item
    return -found.believed(noise=0, lasting=False).confidence, template
