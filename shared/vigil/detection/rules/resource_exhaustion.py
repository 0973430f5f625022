"""The rule on lines which say that a resource has run out."""

from vigil.detection.finding import Finding
from vigil.detection.rules.by_wording import finding_of, gravest_hit, hits_in
from vigil.detection.window import Window
from vigil.detection.wording_rule import RuleKind
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds


def resource_exhaustion(window: Window, thresholds: Thresholds) -> Finding | None:
    """Return a resource exhaustion if as many warnings or errors say so as a reviewed rule asks.

    Where there was no room for the templates of such lines, their number alone is told.

    >>> resource_exhaustion(Window(resource=2), Thresholds()).confidence
    0.9
    """
    if not window.resource:
        return None
    hits = hits_in(window, RuleKind.RESOURCE)
    if hits:
        gravest = gravest_hit(hits, thresholds)
        return finding_of(gravest, window) if gravest else None
    return Finding(
        AnomalyType.RESOURCE_EXHAUSTION,
        Severity.HIGH,
        1.0 - 0.4 * 0.5**window.resource,
        f"A resource has run out, by {window.resource} of {window.entries} logs",
        {"matches": window.resource, "entries": window.entries},
    )
