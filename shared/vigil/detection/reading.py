"""A reading: one number of a closed window, beside what is usual."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vigil.model.series import Series

REQUESTS: Final = "requests"
ERROR_RATE: Final = "error_rate"
LATENCY_MS: Final = "latency_ms"
METRICS: Final = (REQUESTS, ERROR_RATE, LATENCY_MS)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a window of a series held, for those who want to see what it was judged by.

    `start` is in seconds since 1970. `metric` is one of METRICS: requests are counted in the
    window, an error rate is 0..1, a latency is in milliseconds. From `low` to `high` is usual, with
    `usual` in the middle; None where that has not been learned, or has no limit on that side.
    """

    series: Series
    start: int
    metric: str
    value: float
    low: float | None = None
    usual: float | None = None
    high: float | None = None


OnReading = Callable[[Reading], None]
