"""How many requests a series gets."""

from typing import Any, ClassVar, TypedDict

from vigil.detection.baseline import Baseline
from vigil.detection.detectors.silence import Silence
from vigil.detection.detectors.volume import Volume, VolumeReading
from vigil.detection.finding import Finding
from vigil.detection.phrases import amount, luck
from vigil.detection.reading import REQUESTS, Reading
from vigil.detection.seen import Seen
from vigil.detection.warm_up import Need, Subject, WarmUp
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

# Less than a fifth of what usually comes, and most users do not get through.
_FEW = 0.2
_HOUR_SECONDS, _HOURS = 3600, 24
_DAY_SECONDS = _HOURS * _HOUR_SECONDS


class LearnedRequests:
    """Finds that far more or far fewer requests come than usually at this time.

    Fewer are a loss that somebody should know of: users do not get through. More are told as a
    pattern, since the service may well bear them.
    """

    name: ClassVar[str] = "requests"

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._volume = Volume(**_settings(thresholds))

    @property
    def volume(self) -> Volume:
        """What has been learned of how many come."""
        return self._volume

    def find(self, seen: Seen) -> list[Finding]:
        """Return what strayed, and change nothing."""
        read = self._volume.read_one(seen.window.requests, seen.place.start)
        if not seen.window.requests or read.chance >= 1.0 or not self._knows_the_day(seen):
            return []
        return [_finding(read, float(self._volume.since or 0))]

    def _knows_the_day(self, seen: Seen) -> bool:
        """Whether it has seen every hour, and each job that comes once a day."""
        since = self._volume.since
        return since is not None and seen.place.start - since >= _DAY_SECONDS

    def learn(self, seen: Seen) -> None:
        """Learn how many came; a window without any is counted when the next one comes.

        By its own score, since requests that fail come as usual.
        """
        if seen.window.requests:
            self._volume.learn_one(seen.window.requests, seen.place.start)

    def readings(self, seen: Seen) -> list[Reading]:
        """Return how many came."""
        window, place = seen.window, seen.place
        if not window.requests:
            return []
        usual = self._volume.usual(place.start) if self._volume.ready else None
        return [Reading(place.series, place.start, REQUESTS, float(window.requests), None, usual)]

    def warm_up(self, baseline: Baseline, at: int) -> list[WarmUp]:
        """Return how far it has been learned."""
        if self._volume.since is None:
            return []
        least = self._thresholds.silence_minimum_windows
        passed = Need((at - self._volume.since) // _HOUR_SECONDS, _HOURS, "hours")
        return [
            WarmUp(Subject.SILENCE, Silence(self._volume, minimum_windows=least).needs()),
            WarmUp(Subject.REQUESTS, [*self._volume.needs(), passed]),
        ]

    def to_json(self) -> Any:
        """Return its state as plain values."""
        return self._volume.to_json()

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "LearnedRequests":
        """Return what `to_json` gave."""
        requests = cls(thresholds)
        requests._volume = Volume.from_json(plain, **_settings(thresholds))
        return requests


class _Settings(TypedDict):
    window_seconds: int
    relearn_after_windows: int


def _settings(thresholds: Thresholds) -> _Settings:
    return {
        "window_seconds": thresholds.window_seconds,
        "relearn_after_windows": thresholds.relearn_after_windows,
    }


def _finding(read: VolumeReading, since: float) -> Finding:
    down = read.direction == "down"
    within = f" in {read.windows} windows" if read.windows > 1 else ""
    return Finding(
        AnomalyType.PERFORMANCE_DEGRADATION if down else AnomalyType.UNUSUAL_PATTERN,
        _severity_of(read),
        0.0,
        f"{read.came:,} requests{within}, usually {amount(read.usual)} at this hour, "
        f"{luck(read.chance)}",
        {
            "requests": read.came,
            "usual_requests": read.usual,
            "windows": read.windows,
            "learned_since": since,
        },
        detector="volume_drop" if down else "volume_rise",
        chance=read.chance,
    )


def _severity_of(read: VolumeReading) -> Severity:
    if read.direction == "up":
        return Severity.LOW
    return Severity.HIGH if read.came < _FEW * read.usual else Severity.MEDIUM
