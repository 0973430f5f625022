"""The rule on how long requests take."""

from vigil.detection.baseline import Baseline
from vigil.detection.finding import Finding
from vigil.detection.latencies import first_slower_us
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

MINIMUM_REQUESTS = 3
_CRITICAL_FACTOR = 10.0
_HIGH_FACTOR = 5.0
_MS = 1000.0


def latency(window: Window, baseline: Baseline | None, thresholds: Thresholds) -> Finding | None:
    """Return a latency increase if the mean is over `thresholds.latency_factor` x the baseline.

    Needs MINIMUM_REQUESTS, `thresholds.baseline_minimum_samples` learned before, and an increase
    of `thresholds.latency_minimum_increase_ms`. For the mean of `n` requests at `f` times the
    baseline the confidence is 1 - 1 / (1 + n (f - 1)^2): Cantelli's inequality for latencies that
    scatter as widely as they are long, which is how those of a queue do.

    >>> usual = Baseline(last_seen=0, latency_us=180_000, samples=50)
    >>> latency(Window(timed=4, latency_us=5_000_000), usual, Thresholds()).description
    'Latency spike: 1250ms (baseline: 180ms, 6.9x slower)'
    """
    if baseline is None or not _enough(window, baseline, thresholds):
        return None
    mean, usual = window.latency_us / window.timed, baseline.latency_us
    if not _slower(mean, usual, thresholds):
        return None
    # A baseline of less than a microsecond is one that was logged in whole milliseconds.
    factor = mean / max(usual, 1.0)
    slow_us = thresholds.latency_factor * usual
    return Finding(
        AnomalyType.LATENCY_INCREASE,
        severity_of(factor),
        1.0 - 1.0 / (1.0 + window.timed * (factor - 1.0) ** 2),
        f"Latency spike: {shown_latency(mean)} "
        f"(baseline: {shown_latency(usual)}, {factor:.1f}x slower)",
        {
            "latency_ms": mean / _MS,
            "baseline_latency_ms": usual / _MS,
            "factor": factor,
            "requests": window.timed,
        },
        first_slower_us(window.latencies, slow_us),
        trace_ids=tuple(dict.fromkeys([trace for us, trace in window.slowest if us > slow_us])),
    )


def _enough(window: Window, baseline: Baseline, thresholds: Thresholds) -> bool:
    return (
        window.timed >= MINIMUM_REQUESTS and baseline.samples >= thresholds.baseline_minimum_samples
    )


def _slower(mean: float, usual: float, thresholds: Thresholds) -> bool:
    return (
        mean > thresholds.latency_factor * usual
        and mean - usual >= thresholds.latency_minimum_increase_ms * _MS
    )


def severity_of(factor: float) -> Severity:
    """Return how bad it is that requests take so many times as long as usual.

    >>> severity_of(6.9)
    <Severity.HIGH: 'high'>
    """
    if factor >= _CRITICAL_FACTOR:
        return Severity.CRITICAL
    return Severity.HIGH if factor >= _HIGH_FACTOR else Severity.MEDIUM


def shown_latency(microseconds: float) -> str:
    """Return a latency as people write it.

    >>> shown_latency(180_000), shown_latency(2_500)
    ('180ms', '2.5ms')
    """
    milliseconds = microseconds / _MS
    return f"{milliseconds:.0f}ms" if milliseconds >= 10 else f"{milliseconds:.1f}ms"  # noqa: PLR2004 - 2 digits
