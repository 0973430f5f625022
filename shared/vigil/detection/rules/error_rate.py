"""The rule on the share of entries that failed."""

from vigil.detection.binomial import upper_tail
from vigil.detection.evidence import failing_templates
from vigil.detection.finding import Finding
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.percent import percent
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

_CRITICAL_RATE = 0.5
_HIGH_RATE = 0.2


def error_rate(window: Window, thresholds: Thresholds) -> Finding | None:
    """Return an error spike if more than `thresholds.error_rate` of the entries failed.

    The confidence is the chance, by the exact binomial, that a series which fails as often as is
    allowed would have failed less. Below `thresholds.minimum_requests` entries nothing is said:
    one failed entry alone is 100 %.

    >>> error_rate(Window(entries=200, failed=50), Thresholds()).description
    'High error rate detected: 25.0% (50/200 logs), more than the limit of 10.0%'
    """
    if window.entries < thresholds.minimum_requests:
        return None
    rate = window.failed / window.entries
    if rate <= thresholds.error_rate:
        return None
    return Finding(
        AnomalyType.ERROR_SPIKE,
        severity_of(window.share_since(window.first_failed_us, window.failed, window.entries)),
        1.0 - upper_tail(window.failed, window.entries, thresholds.error_rate),
        f"High error rate detected: {percent(rate, digits=1)} "
        f"({window.failed}/{window.entries} logs), "
        f"more than the limit of {percent(thresholds.error_rate, digits=1)}",
        {"error_rate": rate, "failed": window.failed, "entries": window.entries},
        window.first_failed_us,
        failing_templates(window),
        window.failing_traces,
    )


def severity_of(rate: float) -> Severity:
    """Return how bad it is that this share, 0..1, of all entries fails.

    >>> severity_of(0.3)
    <Severity.HIGH: 'high'>
    """
    if rate >= _CRITICAL_RATE:
        return Severity.CRITICAL
    return Severity.HIGH if rate >= _HIGH_RATE else Severity.MEDIUM
