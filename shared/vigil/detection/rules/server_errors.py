"""The rule on the share of requests that the server failed."""

from vigil.detection.binomial import upper_tail
from vigil.detection.evidence import failing_templates
from vigil.detection.finding import Finding
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.percent import percent
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

_CRITICAL_RATE = 0.5


def server_errors(window: Window, thresholds: Thresholds) -> Finding | None:
    """Return an error spike if over `thresholds.server_error_rate` of the requests got a 5xx.

    Needs `thresholds.minimum_requests` requests. The confidence is that of `error_rate`, for this
    rate.

    >>> server_errors(Window(requests=20, server_errors=8), Thresholds()).description
    'Server errors: 40.0% (8/20 requests ended with a 5xx), more than the limit of 20.0%'
    """
    if window.requests < max(thresholds.minimum_requests, 1):
        return None
    rate = window.server_errors / window.requests
    lately = window.share_since(window.first_failed_us, window.server_errors, window.requests)
    if rate <= thresholds.server_error_rate:
        return None
    return Finding(
        AnomalyType.ERROR_SPIKE,
        Severity.CRITICAL if lately >= _CRITICAL_RATE else Severity.HIGH,
        1.0 - upper_tail(window.server_errors, window.requests, thresholds.server_error_rate),
        f"Server errors: {percent(rate, digits=1)} "
        f"({window.server_errors}/{window.requests} requests ended with a 5xx), "
        f"more than the limit of {percent(thresholds.server_error_rate, digits=1)}",
        {
            "server_error_rate": rate,
            "server_errors": window.server_errors,
            "requests": window.requests,
        },
        window.first_failed_us,
        failing_templates(window),
        window.failing_traces,
    )
