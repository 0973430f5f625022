"""Whether somebody tries again and again to get in."""

from typing import Any, ClassVar

from vigil.detection.baseline import Baseline
from vigil.detection.detectors.brute_force import Attack, BruteForce
from vigil.detection.evidence import most_frequent
from vigil.detection.finding import Finding
from vigil.detection.phrases import amount, luck
from vigil.detection.reading import Reading
from vigil.detection.refusals import Refusals
from vigil.detection.seen import Seen
from vigil.detection.template_count import TemplateCount
from vigil.detection.warm_up import Subject, WarmUp
from vigil.detection.window import Window
from vigil.detection.wording import wording_of
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

# One a second: no person tries so fast, and no forgotten password explains it.
_FAST_SECONDS = 1.0


class LearnedRefusals:
    """Finds more refused attempts than usual, by one source or by all."""

    name: ClassVar[str] = "refusals"

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._detector = BruteForce()

    def find(self, seen: Seen) -> list[Finding]:
        """Return what is unusual in who was refused in a window."""
        attack = self._detector.attack_in(seen.window.refusals)
        return [self._finding(attack, seen.window)] if attack else []

    def learn(self, seen: Seen) -> None:
        """Learn how many were refused; what the window strayed in otherwise says nothing of it."""
        self._detector.learn_one(seen.window.refusals)

    def readings(self, seen: Seen) -> list[Reading]:
        """Return nothing: refusals have no band that is worth drawing."""
        return []

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned."""
        return [WarmUp(Subject.REFUSALS, self._detector.needs())]

    def to_json(self) -> Any:
        """Return its state as plain values."""
        return self._detector.to_json()

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LearnedRefusals":
        """Return what `to_json` gave."""
        refusals = cls(thresholds)
        refusals._detector = BruteForce.from_json(plain)
        return refusals

    def _finding(self, attack: Attack, window: Window) -> Finding:
        evidence = most_frequent(_refusing(window))
        fast = attack.attempts * _FAST_SECONDS >= self._thresholds.window_seconds
        return Finding(
            AnomalyType.SECURITY_INCIDENT,
            Severity.HIGH if fast else Severity.MEDIUM,
            0.0,
            _sentence(attack, window.refusals),
            {
                "attempts": attack.attempts,
                "usual_attempts": attack.usual,
                "refused": window.refusals.refused,
                "sources": window.refusals.sources,
            },
            min((count.first_us for count in evidence), default=None),
            evidence,
            tuple(count.trace_id for count in evidence if count.trace_id),
            detector="brute_force" if attack.source else "refused_attempts",
            chance=attack.chance,
        )


def _refusing(window: Window) -> list[TemplateCount]:
    return [count for count in window.templates.values() if wording_of(count.text).refused]


def _sentence(attack: Attack, refusals: Refusals) -> str:
    usual, odds = amount(attack.usual), luck(attack.chance)
    if attack.source:
        return (
            f"{attack.attempts} refused attempts by one source ({attack.source}) "
            f"of {refusals.refused} in all, usually {usual} by one, {odds}"
        )
    by = f" by at least {refusals.sources} sources" if refusals.sources > 1 else ""
    return f"{attack.attempts} refused attempts{by}, usually {usual}, {odds}"
