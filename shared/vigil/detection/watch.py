"""Detection over one tenant's entries as they come, with nothing but memory."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from vigil.detection.calls import find_calls
from vigil.detection.detect import advance, observe
from vigil.detection.early import judge_open
from vigil.detection.reading import OnReading
from vigil.detection.service_state import ServiceState
from vigil.detection.waits import Waits
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.tenant import Thresholds


class Watch:
    """Takes in entries and finds what strayed, as the functions do between them, without a store.

    For a backtest and a benchmark. Where entries may come twice or a process may die, the workflows
    are what to use: here nothing is kept, and each entry has to be given once.
    """

    def __init__(
        self,
        thresholds: Thresholds,
        *,
        tenant_id: str = "watched",
        on_reading: OnReading | None = None,
    ) -> None:
        self.states: dict[str, ServiceState] = {}
        self.late = 0
        self._waits = Waits()
        self._thresholds = thresholds
        self._tenant_id = tenant_id
        self._on_reading = on_reading
        self._lateness = timedelta(seconds=thresholds.allowed_lateness_seconds)

    def take_in(self, entries: Sequence[LogEntry]) -> list[Anomaly]:
        """Add a batch of entries of any services, and return what is beyond doubt already."""
        calls = find_calls(entries)
        by_service: dict[str, list[LogEntry]] = {}
        for entry in entries:
            by_service.setdefault(entry.service, []).append(entry)
        waits = self._waits.take_in(entries)
        for series in waits:
            by_service.setdefault(series.service, [])
        found: list[Anomaly] = []
        for service, own in by_service.items():
            state = self.states.get(service) or ServiceState(service)
            seen = observe(state, own, thresholds=self._thresholds, calls=calls, waits=waits)
            self.late += seen.late
            self.states[service], early = judge_open(
                seen.state, tenant_id=self._tenant_id, thresholds=self._thresholds
            )
            found += early
        return found

    def tick(self, now: datetime) -> list[Anomaly]:
        """Judge what is over when it is `now`, which never goes back, and return what strayed."""
        found: list[Anomaly] = []
        heard = frozenset(start for state in self.states.values() for start in state.heard)
        for service, state in sorted(self.states.items()):
            moved = advance(
                state,
                now - self._lateness,
                tenant_id=self._tenant_id,
                thresholds=self._thresholds,
                heard=heard,
                on_reading=self._on_reading,
            )
            self.states[service] = moved.state
            found += moved.anomalies
        return found
