"""The rule on lines which say that someone was kept out."""

from vigil.detection.evidence import most_frequent, traces_of
from vigil.detection.finding import Finding
from vigil.detection.window import Window
from vigil.detection.wording import wording_of
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds


def security_incident(window: Window, thresholds: Thresholds) -> Finding | None:
    """Return a security incident if `thresholds.repeated_errors` lines or more tell of refusals.

    A single refusal is a forgotten password. The confidence is that of `repeated_errors`.
    """
    if window.security < max(thresholds.repeated_errors, 1):
        return None
    evidence = most_frequent([c for c in window.templates.values() if wording_of(c.text).security])
    example = f': "{evidence[0].text}"' if evidence else ""
    return Finding(
        AnomalyType.SECURITY_INCIDENT,
        Severity.HIGH,
        (window.security + 1) / (window.security + 2),
        f"Someone was refused {window.security} times (limit {thresholds.repeated_errors})"
        f"{example}",
        {"matches": window.security, "entries": window.entries},
        min([count.first_us for count in evidence], default=None),
        evidence,
        traces_of(evidence),
    )
