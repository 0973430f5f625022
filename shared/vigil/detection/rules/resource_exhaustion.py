"""The rule on lines which say that a resource has run out."""

from vigil.detection.evidence import most_frequent, traces_of
from vigil.detection.finding import Finding
from vigil.detection.window import Window
from vigil.detection.wording import wording_of
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds


def resource_exhaustion(window: Window, thresholds: Thresholds) -> Finding | None:
    """Return a resource exhaustion if any warning or error says so; usual is none.

    One such line leaves a doubt of 0.2, which each further line halves.

    >>> resource_exhaustion(Window(resource=2), Thresholds()).confidence
    0.9
    """
    if not window.resource:
        return None
    evidence = most_frequent([c for c in window.templates.values() if wording_of(c.text).resource])
    example = f': "{evidence[0].text}"' if evidence else ""
    return Finding(
        AnomalyType.RESOURCE_EXHAUSTION,
        Severity.HIGH,
        1.0 - 0.4 * 0.5**window.resource,
        f"A resource has run out, by {window.resource} of {window.entries} logs (usual is none)"
        f"{example}",
        {"matches": window.resource, "entries": window.entries},
        min([count.first_us for count in evidence], default=None),
        evidence,
        traces_of(evidence),
    )
