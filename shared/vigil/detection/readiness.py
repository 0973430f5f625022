"""How far each series has been learned, and what is still waited for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vigil.detection.baseline import Baseline
from vigil.detection.judge import Learned, learned_of
from vigil.detection.learned.errors import LearnedErrors
from vigil.detection.learning import DAMAGE
from vigil.detection.service_state import ServiceState
from vigil.detection.warm_up import Subject, WarmUp
from vigil.errors import PermanentError
from vigil.model.tenant import Thresholds

# In the order of Subject.
_PLACES = {subject: place for place, subject in enumerate(Subject)}


@dataclass(frozen=True, slots=True, order=True)
class SeriesReadiness:
    """How far a series has been learned.

    Its first window began at `since` (aware, UTC). `windows` of it were judged, in which `samples`
    requests said how long they took. `warm_ups` are in the order of Subject; of what the series has
    shown nothing, as of the latency of a log outside of requests, there is none. Where only fixed
    limits judge there is none at all, and nothing is waited for.
    """

    service: str
    endpoint: str
    since: datetime
    windows: int
    samples: int
    warm_ups: Sequence[WarmUp] = ()

    @property
    def ready(self) -> bool:
        """Whether everything that the series shows has been learned."""
        return all([each.ready for each in self.warm_ups])


def readiness_of(state: ServiceState, thresholds: Thresholds) -> tuple[SeriesReadiness, ...]:
    """Return how far each series of a service has been learned, sorted; of a shard, its own.

    It is that for the next window after the state's watermark. A series whose first window is still
    open is new. Raises PermanentError if what was learned is damaged.
    """
    judged = int(state.watermark.timestamp()) if state.watermark else 0
    known = {endpoint: Baseline(start, since=start) for endpoint, start in _open(state).items()}
    try:
        series = [
            _readiness(state.service, endpoint, baseline, judged, thresholds)
            for endpoint, baseline in {**known, **state.baselines}.items()
        ]
    except (*DAMAGE, IndexError) as error:
        raise PermanentError(f"what {state.service} has learned is damaged: {error}") from error
    return tuple(sorted(series))


def _open(state: ServiceState) -> dict[str, int]:
    """Return since when each endpoint has an open window."""
    latest_first = sorted(state.windows.items(), reverse=True)
    return {endpoint: start for start, windows in latest_first for endpoint in windows}


def _readiness(
    service: str, endpoint: str, baseline: Baseline, judged: int, thresholds: Thresholds
) -> SeriesReadiness:
    learned = learned_of(baseline, thresholds)
    at = judged // thresholds.window_seconds * thresholds.window_seconds
    warm_ups = [warm_up for each in learned for warm_up in each.warm_up(baseline, at)]
    return SeriesReadiness(
        service,
        endpoint,
        datetime.fromtimestamp(baseline.since, UTC),
        _windows(baseline, learned),
        baseline.samples,
        tuple(sorted(warm_ups, key=_place)),
    )


def _windows(baseline: Baseline, learned: Sequence[Learned]) -> int:
    """Return how many windows were judged; the limits alone count those with requests."""
    counted = [each.windows for each in learned if isinstance(each, LearnedErrors)]
    return max([baseline.windows, *counted])


def _place(warm_up: WarmUp) -> int:
    return _PLACES[warm_up.subject]
