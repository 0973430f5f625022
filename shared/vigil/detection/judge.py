"""What the rules, and what a series has learned of itself, say of a window."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Protocol

from vigil.detection.baseline import Baseline
from vigil.detection.finding import Finding
from vigil.detection.learned.errors import LearnedErrors
from vigil.detection.learned.latency import LearnedLatency
from vigil.detection.learned.lines import LearnedLines
from vigil.detection.learned.lost_lines import LostLines
from vigil.detection.learned.refusals import LearnedRefusals
from vigil.detection.learned.requests import LearnedRequests
from vigil.detection.learned.waits import LearnedWaits
from vigil.detection.reading import OnReading, Reading
from vigil.detection.rules.error_rate import error_rate
from vigil.detection.rules.latency import latency
from vigil.detection.rules.repeated_errors import repeated_errors
from vigil.detection.rules.resource_exhaustion import resource_exhaustion
from vigil.detection.rules.security_incident import security_incident
from vigil.detection.rules.server_errors import server_errors
from vigil.detection.seen import Seen
from vigil.detection.warm_up import WarmUp
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.tenant import Thresholds

Rule = Callable[[Window, Baseline | None, Thresholds], Finding | None]


class Learned(Protocol):
    """What a series has learned of one side of itself; its state is plain JSON."""

    name: ClassVar[str]

    def __init__(self, thresholds: Thresholds) -> None: ...

    def find(self, seen: Seen) -> list[Finding]:
        """Return what strayed, and change nothing."""

    def learn(self, seen: Seen) -> None:
        """Learn a window that has been judged; windows come in order of time."""

    def readings(self, seen: Seen) -> list[Reading]:
        """Return what a window held beside what is usual."""

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned, for a window that begins `at`.

        What the series has shown nothing of is left out.
        """

    def to_json(self) -> Any:
        """Return its state as plain values."""

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "Learned":
        """Return what `to_json` gave."""


def _regardless_of_baseline(rule: Callable[[Window, Thresholds], Finding | None]) -> Rule:
    return lambda window, _baseline, thresholds: rule(window, thresholds)


# What the limits of `rules_only` are.
RULES: tuple[Rule, ...] = (
    _regardless_of_baseline(error_rate),
    _regardless_of_baseline(server_errors),
    latency,
    _regardless_of_baseline(repeated_errors),
    _regardless_of_baseline(resource_exhaustion),
    _regardless_of_baseline(security_incident),
)
LEARNED: tuple[type[Learned], ...] = (
    LearnedErrors,
    LearnedLatency,
    LearnedRequests,
    LearnedLines,
    LearnedRefusals,
    LearnedWaits,
    LostLines,
)


class SeriesJudge:
    """One series: judges its windows by what it has learned, and learns them.

    `feedback` is, by type of anomaly, how often people called such a finding of it noise.
    """

    def __init__(
        self,
        baseline: Baseline | None,
        thresholds: Thresholds,
        feedback: Callable[[AnomalyType], int],
    ) -> None:
        self._baseline = baseline
        self._thresholds = thresholds
        self._feedback = feedback
        self._learned = learned_of(baseline, thresholds)

    def find(self, seen: Seen) -> list[Finding]:
        """Return what is sure enough to be told of a window, of each type the gravest."""
        if self._thresholds.rules_only:
            found = broken_limits(RULES, seen.window, self._baseline, self._thresholds)
        else:
            found = [finding for learned in self._learned for finding in learned.find(seen)]
        return worth_telling([self._believed(f, seen) for f in found], self._thresholds)

    def read(self, seen: Seen, on_reading: OnReading) -> None:
        """Show what a window held beside what is usual, before it is learned."""
        for learned in self._learned:
            for reading in learned.readings(seen):
                on_reading(reading)

    def learn(self, seen: Seen, told: Iterable[Finding]) -> Baseline:
        """Return the baseline after a window of which `told` was found."""
        window, start = seen.window, seen.place.start
        types = sorted({finding.anomaly_type.value for finding in told})
        for learned in self._learned:
            learned.learn(seen)
        slow = latency(window, self._baseline, self._thresholds) is not None
        known = self._baseline or Baseline(last_seen=start, since=start, entries=window.entries)
        weight = self._thresholds.baseline_weight
        if window.requests:
            known = known.learned(window, start, self._thresholds, strayed=slow)
        return replace(
            known,
            entries=known.entries + weight * (window.entries - known.entries),
            fired=dict(known.fired) | dict.fromkeys(types, start),
            detectors={learned.name: learned.to_json() for learned in self._learned},
        )

    def _believed(self, finding: Finding, seen: Seen) -> Finding:
        kind = finding.anomaly_type
        return finding.believed(noise=self._feedback(kind), lasting=seen.lasts(kind))


def learned_of(baseline: Baseline | None, thresholds: Thresholds) -> list[Learned]:
    """Return what a series has learned, nothing where only the limits judge."""
    known: Mapping[str, Any] = baseline.detectors if baseline else {}
    kinds = LEARNED[:0] if thresholds.rules_only else LEARNED
    return [
        kind.from_json(known[kind.name], thresholds) if kind.name in known else kind(thresholds)
        for kind in kinds
    ]


def broken_limits(
    rules: Iterable[Rule], window: Window, baseline: Baseline | None, thresholds: Thresholds
) -> list[Finding]:
    """Return what `rules` find in a window, however sure it is."""
    findings = [rule(window, baseline, thresholds) for rule in rules]
    return [finding for finding in findings if finding is not None]


def worth_telling(findings: Iterable[Finding], thresholds: Thresholds) -> list[Finding]:
    """Return the findings that are sure enough, and of each type only the graver."""
    gravest: dict[AnomalyType, Finding] = {}
    for finding in findings:
        if finding.confidence < thresholds.minimum_confidence:
            continue
        known = gravest.get(finding.anomaly_type)
        if known is None or finding.gravity > known.gravity:
            gravest[finding.anomaly_type] = finding
    return list(gravest.values())
