"""The readings of windows as they close: those of detection, and what it says nothing about."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from vigil.detection.reading import ERROR_RATE, LATENCY_MS, REQUESTS, Reading
from vigil.detection.service_state import ServiceState
from vigil.detection.window import Window
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

_MILLISECOND_US = 1000
Key = tuple[int, Series, str]


class WindowReadings:
    """Passes readings on in the order of time, one for each window and metric.

    Detection says what is usual where it has learned it; where it says nothing, as when only fixed
    limits judge, the value is passed on alone.
    """

    def __init__(self, thresholds: Thresholds, pass_on: Callable[[Reading], None]) -> None:
        self._window = thresholds.window_seconds
        self._lateness = thresholds.allowed_lateness_seconds
        self._pass_on = pass_on
        self._held: dict[Key, Reading] = {}

    def take(self, reading: Reading) -> None:
        """Take a reading of detection's."""
        self._held[reading.start, reading.series, reading.metric] = reading

    @contextmanager
    def closing(self, states: Iterable[ServiceState], now: datetime) -> Iterator[None]:
        """Pass on the readings of the windows that detection closes meanwhile, when it is `now`."""
        latest = now.timestamp() - self._lateness - self._window
        for state in states:
            for start in [start for start in state.windows if start <= latest]:
                for endpoint, window in state.windows[start].items():
                    for reading in readings_of(Series(state.service, endpoint), start, window):
                        self.take(reading)
        yield
        for key in sorted(self._held):
            self._pass_on(self._held[key])
        self._held.clear()


def readings_of(series: Series, start: int, window: Window) -> Iterator[Reading]:
    """Yield what a window holds, without what is usual."""
    if window.requests:
        yield Reading(series, start, REQUESTS, window.requests)
    if window.entries:
        yield Reading(series, start, ERROR_RATE, window.failed / window.entries)
    if window.timed:
        mean = window.latency_us / window.timed / _MILLISECOND_US
        yield Reading(series, start, LATENCY_MS, mean)
