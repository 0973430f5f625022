"""Lines that no longer come, while those that they always came with still do."""

from collections import Counter
from typing import Any, ClassVar

from vigil.detection.baseline import Baseline
from vigil.detection.detectors.line_companions import LineCompanions, LostLine
from vigil.detection.finding import Finding
from vigil.detection.phrases import luck
from vigil.detection.reading import Reading
from vigil.detection.seen import Seen
from vigil.detection.warm_up import Subject, WarmUp
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

# A statement is known by how its line begins; lists in the rest of it differ in their length.
_TOKENS = 12
_SHOWN = 160


class LostLines:
    """Finds that a path through the code ends before its time, by the lines that are left out.

    Only lines that tell of no failure count: one that comes no more is good news. A window of which
    not all lines found room says nothing.
    """

    name: ClassVar[str] = "lost_lines"

    def __init__(self, thresholds: Thresholds) -> None:
        self._companions = LineCompanions()

    def find(self, seen: Seen) -> list[Finding]:
        """Return what strayed, and change nothing."""
        lost = self._companions.read_one(_counts(seen)) if _is_whole(seen) else None
        return [] if lost is None else [_finding(lost)]

    def learn(self, seen: Seen) -> None:
        """Learn which lines came; whether it strayed in anything else does not matter here."""
        if _is_whole(seen):
            self._companions.learn_one(_counts(seen))

    def readings(self, seen: Seen) -> list[Reading]:
        """Return nothing: what is said is no number."""
        return []

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned."""
        needs = self._companions.needs()
        return [WarmUp(Subject.LOST_LINES, needs)] if needs else []

    def to_json(self) -> Any:
        """Return its state as plain values."""
        return self._companions.to_json()

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LostLines":
        """Return what `to_json` gave."""
        lines = cls(thresholds)
        lines._companions = LineCompanions.from_json(plain)
        return lines


def _is_whole(seen: Seen) -> bool:
    """Whether the lines of a window are all counted, but for requests that went well."""
    counted = sum([count.count for count in seen.lines.values()])
    return counted > 0 and counted + seen.window.requests >= seen.window.entries


def _counts(seen: Seen) -> Counter[str]:
    counts: Counter[str] = Counter()
    for count in seen.lines.values():
        well = count.count - count.failed
        if well:
            counts[_head(count.text)] += well
    return counts


def _head(text: str) -> str:
    return " ".join(text.split(" ")[:_TOKENS])[:_SHOWN]


def _finding(lost: LostLine) -> Finding:
    return Finding(
        AnomalyType.UNUSUAL_PATTERN,
        Severity.MEDIUM,
        0.0,
        f'A line came {lost.came} times, where {lost.expected} were due: "{lost.line}", by '
        f'"{lost.companion}", which it comes with; {luck(lost.chance)}',
        {"repetitions": lost.came, "usual_repetitions": lost.expected},
        detector="lost_line",
        chance=lost.chance,
    )
