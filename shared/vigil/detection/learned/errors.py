"""How many of a series' entries and requests fail."""

from typing import Any, ClassVar, TypedDict

from vigil.detection.baseline import Baseline
from vigil.detection.detectors.learned_error_rate import ErrorRate, LearnedErrorRate
from vigil.detection.evidence import failing_templates
from vigil.detection.finding import Finding
from vigil.detection.learned.first_errors import FirstErrors
from vigil.detection.phrases import luck
from vigil.detection.reading import ERROR_RATE, Reading
from vigil.detection.rules.error_rate import severity_of
from vigil.detection.seen import Seen
from vigil.detection.warm_up import Subject, WarmUp
from vigil.model.anomaly import AnomalyType
from vigil.model.percent import percent
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

# So many failures below the limit are worth more than a note.
_MANY_FAILED = 20


class LearnedErrors:
    """Finds that more entries fail than usual, or more requests end with a 5xx.

    What exceeds the limits of the rules is as grave as they say; below them it is told, but nobody
    is woken. Until the rate is known `FirstErrors` judges by the limits. A rate above
    `thresholds.server_error_rate` is never learned to be usual (FAULTS D31).
    """

    name: ClassVar[str] = "errors"

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._failed = LearnedErrorRate(**_limits(thresholds))
        self._server_errors = LearnedErrorRate(**_limits(thresholds))
        self._first = FirstErrors(thresholds)

    @property
    def windows(self) -> int:
        """How many windows with any entries have been learned."""
        return self._failed.windows

    def find(self, seen: Seen) -> list[Finding]:
        """Return what strayed, and change nothing."""
        window, at = seen.window, seen.place.start
        if not self._failed.ready:
            return self._first.find(seen)
        counted = [
            (self._failed, window.failed, window.entries, "error rate"),
            (self._server_errors, window.server_errors, window.requests, "server errors"),
        ]
        read = [
            (detector, detector.read_one(failed, total, at), what)
            for detector, failed, total, what in counted
            if detector.ready
        ]
        # Several windows together may hold enough where each of them does not.
        fewest = max(self._thresholds.minimum_requests, 1)
        return [
            _finding(seen, detector, each, what, self._thresholds)
            for detector, each, what in read
            if each.total >= fewest
        ]

    def learn(self, seen: Seen) -> None:
        """Learn how many failed; while the rate is not known, little of what strays."""
        window, at = seen.window, seen.place.start
        strayed = None if self._failed.ready else self._first.learn(seen)
        self._failed.learn_one(window.failed, window.entries, at, strayed=strayed)
        self._server_errors.learn_one(window.server_errors, window.requests, at, strayed=strayed)

    def readings(self, seen: Seen) -> list[Reading]:
        """Return the share that failed."""
        window, place = seen.window, seen.place
        if not window.entries:
            return []
        usual = self._failed.usual(place.start) if self._failed.ready else None
        share = window.failed / window.entries
        return [Reading(place.series, place.start, ERROR_RATE, share, None, usual)]

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned."""
        failed = WarmUp(Subject.ERRORS, self._failed.needs("entries"))
        if not self._server_errors.windows:
            return [failed]
        return [failed, WarmUp(Subject.SERVER_ERRORS, self._server_errors.needs("requests"))]

    def to_json(self) -> Any:
        """Return its state as plain values."""
        first = [] if self._failed.ready else [self._first.to_json()]
        return [self._failed.to_json(), self._server_errors.to_json(), *first]

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LearnedErrors":
        """Return what `to_json` gave."""
        errors = cls(thresholds)
        failed, server, *first = plain
        errors._failed = LearnedErrorRate.from_json(failed, **_limits(thresholds))
        errors._server_errors = LearnedErrorRate.from_json(server, **_limits(thresholds))
        # None where it is known what is usual.
        if first:
            errors._first = FirstErrors.from_json(first[0], thresholds)
        return errors


class _Limits(TypedDict):
    ceiling: float
    relearn_after_windows: int


def _limits(thresholds: Thresholds) -> _Limits:
    return {
        "ceiling": thresholds.server_error_rate,
        "relearn_after_windows": thresholds.relearn_after_windows,
    }


def _finding(
    seen: Seen, detector: LearnedErrorRate, read: ErrorRate, what: str, thresholds: Thresholds
) -> Finding:
    rate = read.failed / read.total
    # When it began is known within this window only.
    onset_us = seen.window.first_failed_us if read.windows == 1 else None
    lately = seen.window.share_since(onset_us, read.failed, read.total)
    within = f" in {read.windows} windows" if read.windows > 1 else ""
    return Finding(
        AnomalyType.ERROR_SPIKE,
        _severity_of(lately, read.failed, thresholds),
        0.0,
        f"{what} {percent(rate, digits=1)} ({read.failed} of {read.total}{within}), "
        f"usually {percent(read.usual, digits=1)} at this hour, {luck(read.chance)}",
        {
            "error_rate": rate,
            "failed": read.failed,
            "entries": read.total,
            "usual_error_rate": read.usual,
            "learned_since": float(detector.since or 0),
        },
        seen.window.first_failed_us,
        failing_templates(seen.window),
        seen.window.failing_traces,
        detector="error_rate",
        chance=read.chance,
    )


def _severity_of(rate: float, failed: int, thresholds: Thresholds) -> Severity:
    if rate <= thresholds.error_rate:
        return Severity.MEDIUM if failed >= _MANY_FAILED else Severity.LOW
    severity = severity_of(rate)
    few = failed < thresholds.minimum_requests
    return Severity.HIGH if few and severity is Severity.CRITICAL else severity
