"""The rule on lines which say that somebody tries to get in."""

from vigil.detection.finding import Finding
from vigil.detection.rules.by_wording import finding_of, gravest_hit, hits_in
from vigil.detection.window import Window
from vigil.detection.wording_rule import RuleKind
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds


def security_incident(window: Window, thresholds: Thresholds) -> Finding | None:
    """Return a security incident if as many lines tell of it as a reviewed rule asks for.

    Where there was no room for the templates of such lines, their number alone is told, from
    `thresholds.repeated_errors` on.
    """
    if not window.security:
        return None
    hits = hits_in(window, RuleKind.SECURITY)
    if hits:
        gravest = gravest_hit(hits, thresholds)
        return finding_of(gravest, window) if gravest else None
    if window.security < max(thresholds.repeated_errors, 1):
        return None
    return Finding(
        AnomalyType.SECURITY_INCIDENT,
        Severity.HIGH,
        (window.security + 1) / (window.security + 2),
        f"Somebody tries to get in, by {window.security} of {window.entries} logs",
        {"matches": window.security, "entries": window.entries},
    )
